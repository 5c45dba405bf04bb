using Mailroom.Data.Changes;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Deliveries: the statements of one transaction, filled from their changes, and what the database said of each.</summary>
internal sealed class DeliveryBatch
{
    private readonly KeyRows _keys = new();
    private readonly AcceptRows _accepts = new();
    private readonly EndRows _ends = new();
    private readonly StepRows _steps = new();
    private readonly RareRows _rare = new();

    private readonly List<int> _acceptOf = [];
    private readonly List<int> _endOf = [];
    private readonly List<int> _stepOf = [];
    private readonly List<int> _late = [];
    private readonly HashSet<(string Org, string Source, string Key)> _keysSeen = [];

    /// <summary>To be called for all parts of a transaction before the first <see cref="Add"/>.</summary>
    public void Begin() => _keysSeen.Clear();

    /// <summary>Returns how many bytes it is about.</summary>
    /// <exception cref="UnstorableException">The change cannot be stored.</exception>
    public long Add(DeliveryChange change, int position)
    {
        if (change.ExpectedVersion == 0)
        {
            return AddAccept(change, position);
        }

        var end = DeliveryChanges.End(change);
        if (end is null)
        {
            _steps.Add(change);
            _stepOf.Add(position);
        }
        else
        {
            _ends.Add(change, end);
            _endOf.Add(position);
        }

        _rare.AddEvents(change, 0, DeliveryChanges.LastOwnEvent(change));
        _rare.AddRest(change, end);
        return end?.Report.Conversation?.Length ?? 0;
    }

    public void AppendTo(NpgsqlBatchCommandCollection commands)
    {
        AppendWhereFilled(commands, _keys.Count, _keys.Command);
        AppendWhereFilled(commands, _accepts.Count, _accepts.Command);
        AppendWhereFilled(commands, _ends.Count, _ends.Command);
        AppendWhereFilled(commands, _steps.Count, _steps.Command);
        _rare.AppendTo(commands);
    }

    /// <summary>Reads this batch's results, and adds the positions of the changes that were left out.</summary>
    public async ValueTask ReadAsync(NpgsqlDataReader results, List<int> leftOut, CancellationToken cancel)
    {
        await BatchResults.ReadAsync(results, _acceptOf, leftOut, cancel);
        await BatchResults.ReadAsync(results, _endOf, leftOut, cancel);
        await BatchResults.ReadAsync(results, _stepOf, leftOut, cancel);
        leftOut.AddRange(_late);
    }

    public void Clear()
    {
        _keys.Clear();
        _accepts.Clear();
        _ends.Clear();
        _steps.Clear();
        _rare.Clear();
        _acceptOf.Clear();
        _endOf.Clear();
        _stepOf.Clear();
        _late.Clear();
    }

    private long AddAccept(DeliveryChange change, int position)
    {
        var accepted = DeliveryChanges.Acceptance(change);
        if (accepted.Command.Idempotency is { } reservation)
        {
            // One statement cannot write a row twice. Had the second come alone, it would be left out, so it is.
            if (!_keysSeen.Add((change.After.Org.Value, change.After.Source, reservation.Key)))
            {
                _late.Add(position);
                return 0;
            }

            _keys.Add(change, accepted, reservation);
        }

        _accepts.Add(change, accepted);
        _acceptOf.Add(position);
        _rare.AddEvents(change, 1, change.Events.Count);
        if (change.After.Parent is { } parent)
        {
            _rare.AddRepeat(change, parent);
        }

        return accepted.Command.Payload.Length;
    }

    private static void AppendWhereFilled(NpgsqlBatchCommandCollection commands, int rows, NpgsqlBatchCommand command)
    {
        if (rows > 0)
        {
            commands.Add(command);
        }
    }
}
