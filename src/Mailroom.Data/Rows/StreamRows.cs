using Mailroom.Actors.Streams;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>streams</c>.</summary>
internal static class StreamRow
{
    public const string Columns = "offset_id, entries, updated_at, gaps, resets";

    /// <exception cref="FormatException">The row's offset is not one.</exception>
    public static StreamPosition Read<TRow>(TRow row)
        where TRow : IRow => new(Offset(row.Text(0)), row.Number(1), row.Time(2), row.Number(3), row.Number(4));

    private static StreamEntryId Offset(string text) => StreamEntryId.TryParse(text, out var id)
        ? id
        : throw new FormatException($"The row has an offset '{text}' that is not one.");
}

/// <summary>What becomes of the items of a batch, as it is found out, in any order.</summary>
internal sealed class StreamVerdicts(StreamBatch batch)
{
    private readonly StreamItemOutcome[] _outcomes = new StreamItemOutcome[batch.Items.Count];
    private readonly CommandFailure?[] _failures = new CommandFailure?[batch.Items.Count];

    public void Accept(int position) => _outcomes[position] = StreamItemOutcome.Accepted;

    public void Replay(int position) => _outcomes[position] = StreamItemOutcome.Replayed;

    public void Refuse(int position, CommandFailure why) => (_outcomes[position], _failures[position]) = (StreamItemOutcome.Malformed, why);

    /// <summary>The records of what was refused, in the items' order.</summary>
    public IEnumerable<MalformedCommand> Malformed()
    {
        for (var position = 0; position < _failures.Length; position++)
        {
            if (_failures[position] is { } why)
            {
                yield return batch.Items[position].Refused(batch.Stream, batch.At, why);
            }
        }
    }

    public StreamBatchResult ToResult() => new(true, _outcomes, Array.ConvertAll(_failures, failure => failure?.Code));
}
