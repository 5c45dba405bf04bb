using Mailroom.Actors.Deliveries;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>The idempotency keys of new deliveries, written before them: a delivery whose key was not won is left out.</summary>
internal sealed class KeyRows
{
    private static string Sql(string fence) => $"""
        INSERT INTO idempotency (org_id, source, key, delivery_id, fingerprint, created_at, expires_at)
        SELECT k.org_id, k.source, k.key, k.delivery_id, k.fingerprint, k.created_at, k.expires_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS k(org_id, source, key, delivery_id, fingerprint, created_at, expires_at, shard, epoch)
        WHERE {fence}
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.delivery_id = k.delivery_id)
        ON CONFLICT (org_id, source, key) DO UPDATE
            SET delivery_id = excluded.delivery_id, fingerprint = excluded.fingerprint, created_at = excluded.created_at, expires_at = excluded.expires_at
            WHERE idempotency.expires_at <= excluded.created_at
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _org, _source, _key, _id;
    private readonly Column<byte[]> _fingerprint;
    private readonly Column<long> _created, _expires;
    private readonly Column<short> _shard;
    private readonly Column<long> _epoch;

    /// <param name="fenced">False: rows are written whoever owns their shards, because the transaction is fenced by something else.</param>
    public KeyRows(bool fenced)
    {
        _statement.Command.CommandText = Sql(fenced ? Fence("k") : "true");
        (_org, _source, _key, _id) = (_statement.Text(), _statement.Text(), _statement.Text(), _statement.Text());
        _fingerprint = _statement.Bytes();
        (_created, _expires) = (_statement.Time(), _statement.Time());
        (_shard, _epoch) = (_statement.Short(), _statement.Long());
    }

    public int Count => _id.Count;

    /// <summary>The condition that this node owns the shard of a row of <paramref name="changes"/>.</summary>
    public static string Fence(string changes) => $"(({changes}.shard, {changes}.epoch) IN (SELECT shard, epoch FROM shards)) IS TRUE";

    public NpgsqlBatchCommand Command => _statement.Command;

    public void Clear() => _statement.Clear();

    /// <exception cref="UnstorableException">The key cannot be stored.</exception>
    public void Add(DeliveryChange change, DeliveryAccepted accepted, IdempotencyReservation reservation)
    {
        _org.Add(change.After.Org.Value);
        _source.Add(change.After.Source);
        _key.Add(StoredText.Exact(reservation.Key, "idempotency key"));
        _id.Add(change.Id);
        _fingerprint.Add(reservation.Fingerprint);
        _created.Add(accepted.OccurredAt);
        _expires.Add(reservation.ExpiresAt);
        _shard.Add(checked((short)change.Shard));
        _epoch.Add(change.Epoch);
    }
}
