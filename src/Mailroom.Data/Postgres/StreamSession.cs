using Mailroom.Actors.Streams;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// The connection that streams are written on. A batch is one transaction: the offset is moved and what is new is written in one
/// message; what was refused is written with the commit in a second one. Items that share an id or a key with an earlier one
/// of the batch come in further rounds between the two, as if each had come alone.
/// </summary>
internal sealed class StreamSession(NpgsqlConnection connection)
{
    private readonly NpgsqlBatchCommand _lock = new(PostgresOwnership.ShareLock);
    private readonly OffsetMove _move = new();
    private readonly DeliveryBatch _deliveries = new(fenced: false);
    private readonly TakenRows _taken = new();
    private readonly MalformedRows _malformed = new();
    private readonly HashSet<(string Org, string Source, string Key)> _keys = [];
    private readonly HashSet<string> _ids = [];
    private readonly List<int> _leftOut = [];

    /// <exception cref="UnstorableException">An item cannot be stored; nothing was written.</exception>
    public async ValueTask<StreamBatchResult> WriteAsync(StreamBatch batch, CancellationToken cancel)
    {
        var verdicts = new StreamVerdicts(batch);
        var begun = false;
        try
        {
            var open = Unsettled(batch, verdicts);
            var late = Fill(batch, open);
            begun = true;
            if (!await BeginAsync(batch, cancel))
            {
                return StreamBatchResult.Refused;
            }

            while ((open = await SettleAsync(batch, open, late, verdicts, cancel)).Count > 0)
            {
                late = Fill(batch, open);
                await SendAsync(cancel);
            }

            await CommitAsync(verdicts, cancel);
            return verdicts.ToResult();
        }
        catch (UnstorableException) when (begun)
        {
            await ExecuteAsync("ROLLBACK", cancel);
            throw;
        }
        finally
        {
            _deliveries.Clear();
            _malformed.Clear();
        }
    }

    /// <summary>The positions of the commands to accept; what is malformed already is noted.</summary>
    private static List<int> Unsettled(StreamBatch batch, StreamVerdicts verdicts)
    {
        var open = new List<int>(batch.Items.Count);
        for (var position = 0; position < batch.Items.Count; position++)
        {
            if (batch.Items[position].Failure is { } failure)
            {
                verdicts.Refuse(position, failure);
            }
            else
            {
                open.Add(position);
            }
        }

        return open;
    }

    /// <summary>Fills the round's statements, and returns the positions that have to wait for an earlier one.</summary>
    private List<int> Fill(StreamBatch batch, List<int> open)
    {
        _deliveries.Clear();
        _deliveries.Begin();
        _keys.Clear();
        _ids.Clear();
        var late = new List<int>();
        foreach (var position in open)
        {
            var change = batch.Items[position].Accept!;

            // Both are noted also of one that waits: whoever shares its key comes after it.
            var isFirst = _ids.Add(change.Id);
            if (TakenRows.Reservation(change) is { } reservation)
            {
                isFirst &= _keys.Add((change.After.Org.Value, change.After.Source, reservation.Key));
            }

            if (isFirst)
            {
                _deliveries.Add(change, position);
            }
            else
            {
                late.Add(position);
            }
        }

        return late;
    }

    /// <summary>Opens the transaction with the first round. False: it is not this node's to write, and nothing is open any more.</summary>
    private async ValueTask<bool> BeginAsync(StreamBatch batch, CancellationToken cancel)
    {
        bool moved;
        _leftOut.Clear();
        await using (var message = new NpgsqlBatch(connection))
        {
            message.BatchCommands.Add(new("BEGIN"));
            message.BatchCommands.Add(_lock);
            message.BatchCommands.Add(_move.Fill(batch));
            _deliveries.AppendTo(message.BatchCommands);
            await using var results = await message.ExecuteReaderAsync(cancel);
            await results.NextResultAsync(cancel);
            moved = await results.ReadAsync(cancel);
            await _deliveries.ReadAsync(results, _leftOut, cancel);
        }

        if (!moved)
        {
            await ExecuteAsync("ROLLBACK", cancel);
        }

        return moved;
    }

    private async ValueTask SendAsync(CancellationToken cancel)
    {
        _leftOut.Clear();
        await using var message = new NpgsqlBatch(connection);
        message.BatchCommands.Add(_lock);
        _deliveries.AppendTo(message.BatchCommands);
        await using var results = await message.ExecuteReaderAsync(cancel);
        await _deliveries.ReadAsync(results, _leftOut, cancel);
    }

    /// <summary>Notes what became of the round, and returns the positions that are still to be written.</summary>
    private async ValueTask<List<int>> SettleAsync(StreamBatch batch, List<int> open, List<int> late, StreamVerdicts verdicts, CancellationToken cancel)
    {
        var still = new List<int>();
        var leftOut = _leftOut.ToHashSet();
        var asked = late.Count == 0 && leftOut.Count == 0 ? [] : open.FindAll(position => leftOut.Contains(position) || late.BinarySearch(position) >= 0);
        if (asked.Count == 0)
        {
            open.ForEach(verdicts.Accept);
            return still;
        }

        var reasons = await _taken.ReadAsync(connection, batch.Items, asked, cancel);
        var next = 0;
        foreach (var position in open)
        {
            if (next == asked.Count || asked[next] != position)
            {
                verdicts.Accept(position);
                continue;
            }

            switch (reasons[next++])
            {
                case Taken.ByTheSame:
                    verdicts.Replay(position);
                    break;
                case Taken.Key:
                    verdicts.Refuse(position, CommandFailure.KeyTaken);
                    break;
                case Taken.Id:
                    verdicts.Refuse(position, CommandFailure.IdTaken);
                    break;
                case Taken.Nothing when !leftOut.Contains(position):
                    still.Add(position);
                    break;
                default:
                    throw new InvalidOperationException($"The command at {batch.Items[position].Entry.Id} was left out for no reason.");
            }
        }

        return still;
    }

    private async ValueTask CommitAsync(StreamVerdicts verdicts, CancellationToken cancel)
    {
        foreach (var malformed in verdicts.Malformed())
        {
            _malformed.Add(malformed);
        }

        await using var message = new NpgsqlBatch(connection);
        if (_malformed.Count > 0)
        {
            message.BatchCommands.Add(_malformed.Command);
        }

        message.BatchCommands.Add(new("COMMIT"));
        await message.ExecuteNonQueryAsync(cancel);
    }

    private async ValueTask ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
