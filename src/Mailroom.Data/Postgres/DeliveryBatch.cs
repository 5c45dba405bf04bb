using Mailroom.Actors.Kernel;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// The statements of one transaction, filled from changes, and what the database said of each change. Its memory is used again
/// by the next transaction.
/// </summary>
internal sealed class DeliveryBatch
{
    /// <summary>Bytes of payload in one message at most; the protocol ends at 1 GB.</summary>
    private const long MostBytes = 64 << 20;

    private readonly NpgsqlBatchCommand _lock = new(PostgresOwnership.ShareLock);
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

    /// <summary>Takes changes from <paramref name="first"/> on, as many as one message may hold, and returns the position of the next.</summary>
    /// <exception cref="UnstorableException">A change cannot be stored.</exception>
    public int Fill(IReadOnlyList<Change> changes, int first)
    {
        Clear();
        var bytes = 0L;
        var position = first;
        for (; position < changes.Count && bytes < MostBytes; position++)
        {
            bytes += Add(DeliveryChanges.Of(changes[position]), position);
        }

        return position;
    }

    /// <summary>To be called for all parts of a transaction before the first <see cref="Fill"/>.</summary>
    public void Begin() => _keysSeen.Clear();

    public void AppendTo(NpgsqlBatchCommandCollection commands)
    {
        commands.Add(_lock);
        AppendWhereFilled(commands, _keys.Count, _keys.Command);
        AppendWhereFilled(commands, _accepts.Count, _accepts.Command);
        AppendWhereFilled(commands, _ends.Count, _ends.Command);
        AppendWhereFilled(commands, _steps.Count, _steps.Command);
        _rare.AppendTo(commands);
    }

    /// <summary>Reads the results to their end, and adds the positions of the changes that were left out.</summary>
    public async ValueTask ReadAsync(NpgsqlDataReader results, List<int> leftOut, CancellationToken cancel)
    {
        await ReadAsync(results, _acceptOf, leftOut, cancel);
        await ReadAsync(results, _endOf, leftOut, cancel);
        await ReadAsync(results, _stepOf, leftOut, cancel);
        leftOut.AddRange(_late);

        // The end of the last result is the database's word that the transaction is durable.
        if (await results.NextResultAsync(cancel))
        {
            throw new InvalidOperationException("A batch gave more results than it has statements.");
        }
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

    private long Add(DeliveryChange change, int position)
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
        return accepted.Command.Payload.Length;
    }

    private static void AppendWhereFilled(NpgsqlBatchCommandCollection commands, int rows, NpgsqlBatchCommand command)
    {
        if (rows > 0)
        {
            commands.Add(command);
        }
    }

    private static async ValueTask ReadAsync(NpgsqlDataReader results, List<int> positions, List<int> leftOut, CancellationToken cancel)
    {
        if (positions.Count == 0)
        {
            return;
        }

        if (!await results.NextResultAsync(cancel))
        {
            throw new InvalidOperationException("A batch gave fewer results than it has statements.");
        }

        while (await results.ReadAsync(cancel))
        {
            leftOut.Add(positions[checked((int)results.GetInt64(0)) - 1]);
        }
    }
}
