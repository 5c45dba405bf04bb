using Mailroom.Actors.Kernel;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// The statements of one transaction, filled from changes of all kinds, and what the database said of each change. Its memory
/// is used again by the next transaction.
/// </summary>
internal sealed class CommitBatch
{
    /// <summary>Bytes of payload in one message at most; the protocol ends at 1 GB.</summary>
    private const long MostBytes = 64 << 20;

    private readonly NpgsqlBatchCommand _lock = new(PostgresOwnership.ShareLock);
    private readonly DeliveryBatch _deliveries = new();
    private readonly OrgBatch _orgs = new();

    /// <summary>To be called for all parts of a transaction before the first <see cref="Fill"/>.</summary>
    public void Begin() => _deliveries.Begin();

    /// <summary>Takes changes from <paramref name="first"/> on, as many as one message may hold, and returns the position of the next.</summary>
    /// <exception cref="UnstorableException">A change cannot be stored.</exception>
    public int Fill(IReadOnlyList<Change> changes, int first)
    {
        Clear();
        var bytes = 0L;
        var position = first;
        for (; position < changes.Count && bytes < MostBytes; position++)
        {
            bytes += changes[position] switch
            {
                DeliveryChange delivery => _deliveries.Add(delivery, position),
                OrgChange org => _orgs.Add(org, position),
                var stranger => throw StoredKinds.Unknown(stranger),
            };
        }

        return position;
    }

    public void AppendTo(NpgsqlBatchCommandCollection commands)
    {
        commands.Add(_lock);
        _deliveries.AppendTo(commands);
        _orgs.AppendTo(commands);
    }

    /// <summary>Reads the results to their end, and adds the positions of the changes that were left out.</summary>
    public async ValueTask ReadAsync(NpgsqlDataReader results, List<int> leftOut, CancellationToken cancel)
    {
        await _deliveries.ReadAsync(results, leftOut, cancel);
        await _orgs.ReadAsync(results, leftOut, cancel);

        // The end of the last result is the database's word that the transaction is durable.
        if (await results.NextResultAsync(cancel))
        {
            throw new InvalidOperationException("A batch gave more results than it has statements.");
        }
    }

    public void Clear()
    {
        _deliveries.Clear();
        _orgs.Clear();
    }
}
