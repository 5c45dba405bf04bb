using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Finds out why changes were left out of a transaction. Epochs only grow and rows only move on, so the reason holds after it as well.</summary>
internal sealed class LeftOut
{
    private const string Sql = """
        SELECT s.epoch IS NOT DISTINCT FROM c.epoch, EXISTS (SELECT FROM deliveries d WHERE d.delivery_id = c.delivery_id), i.delivery_id, i.fingerprint
        FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS c(delivery_id, shard, epoch, org_id, source, key, at, ord)
        LEFT JOIN shards s ON s.shard = c.shard
        LEFT JOIN idempotency i ON i.org_id = c.org_id AND i.source = c.source AND i.key = c.key AND i.expires_at > c.at
        ORDER BY c.ord
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _id;
    private readonly Column<short> _shard;
    private readonly Column<long> _epoch;
    private readonly Column<string?> _org, _source, _key;
    private readonly Column<long?> _at;

    public LeftOut()
    {
        _statement.Command.CommandText = Sql;
        (_id, _shard, _epoch) = (_statement.Text(), _statement.Short(), _statement.Long());
        (_org, _source, _key, _at) = (_statement.TextOrNull(), _statement.TextOrNull(), _statement.TextOrNull(), _statement.TimeOrNull());
    }

    /// <summary>Settles the changes at <paramref name="positions"/>.</summary>
    public async ValueTask SettleAsync(NpgsqlConnection connection, IReadOnlyList<Change> changes, List<int> positions, CancellationToken cancel)
    {
        _statement.Clear();
        foreach (var position in positions)
        {
            Add(changes[position]);
        }

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(_statement.Command);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        foreach (var position in positions)
        {
            if (!await reader.ReadAsync(cancel))
            {
                throw new InvalidOperationException("Fewer reasons than changes that were left out.");
            }

            Settle(changes[position], new PostgresRow(reader));
        }
    }

    private void Add(Change change)
    {
        var delivery = change.ExpectedVersion == 0 ? change as DeliveryChange : null;
        var accepted = delivery?.Events[0] as DeliveryAccepted;
        var reservation = accepted?.Command.Idempotency;
        _id.Add(change.Id);
        _shard.Add(checked((short)change.Shard));
        _epoch.Add(change.Epoch);
        _org.Add(reservation is null ? null : delivery!.After.Org.Value);
        _source.Add(reservation is null ? null : delivery!.After.Source);
        _key.Add(reservation?.Key);
        _at.Add(reservation is null ? null : PostgresTime.ToMicroseconds(accepted!.OccurredAt));
    }

    private static void Settle(Change change, PostgresRow row)
    {
        var (held, exists, keyTaken) = (row.Flag(0), row.Flag(1), !row.IsNull(2));
        if (held && !exists && keyTaken)
        {
            var fingerprint = ((DeliveryAccepted)((DeliveryChange)change).Events[0]).Command.Idempotency!.Fingerprint;
            change.Outcome = ChangeOutcome.Rejected;
            change.Rejection = new IdempotencyHit(new(row.Text(2)), row.Bytes(3).AsSpan().SequenceEqual(fingerprint));
            return;
        }

        change.Outcome = held ? ChangeOutcome.Conflict : ChangeOutcome.Fenced;
    }
}
