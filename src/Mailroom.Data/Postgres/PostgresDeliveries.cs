using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

/// <summary>What the kernel reads: states, due times, claims, payloads.</summary>
internal sealed class PostgresDeliveries(PostgresReads reads)
{
    /// <summary>The last of <see cref="DeliveryRow.Columns"/>.</summary>
    public const string Recipients = """
        CASE WHEN d.mixed THEN (
            SELECT string_agg(COALESCE(r.status, 'pending'), ',' ORDER BY r.position) FROM delivery_recipients r WHERE r.delivery_id = d.delivery_id)
        END
        """;

    private const string LoadSql = $"SELECT {DeliveryRow.Columns}, {Recipients} FROM deliveries d WHERE d.delivery_id = ANY($1)";

    private const string PayloadsSql = "SELECT delivery_id, content, rendered FROM delivery_payloads WHERE delivery_id = ANY($1)";

    // The condition on null is what the index is made for.
    private const string DueFrom = "SELECT next_attempt_at, delivery_id, status = 'sending', org_id, urgent FROM deliveries WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= $1 AND shard = ANY($2)";
    private const string DueOrder = "ORDER BY next_attempt_at, delivery_id LIMIT $3";

    private const string ClaimedSql = """
        SELECT delivery_id, claim_incarnation, claim_sequence FROM deliveries
        WHERE status = 'sending' AND shard = ANY($1) AND delivery_id > $2
          AND NOT EXISTS (SELECT FROM nodes n WHERE n.incarnation = claim_incarnation AND n.left_at IS NULL)
        ORDER BY delivery_id LIMIT $3
        """;

    private const string KeySql = """
        SELECT delivery_id, fingerprint FROM idempotency WHERE org_id = $1 AND source = $2 AND key = $3 AND expires_at > $4
        """;

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("loading deliveries", PostgresReads.Command(LoadSql, Parameters.Of(ids)), DeliveryRow.Load, cancel);
        rows.ForEach(found);
    }

    public async ValueTask<IReadOnlyList<DueRow>> DueAsync(
        IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel)
    {
        var command = after is null
            ? PostgresReads.Command($"{DueFrom} {DueOrder}", Parameters.Of(now), Parameters.Of(shards), Parameters.Of(limit))
            : PostgresReads.Command(
                $"{DueFrom} AND (next_attempt_at, delivery_id) > ($4, $5) {DueOrder}",
                Parameters.Of(now), Parameters.Of(shards), Parameters.Of(limit), Parameters.Of(after.At), Parameters.Of(after.Id));
        return await reads.RowsAsync("looking for what is due", command, row => Due(row), cancel);
    }

    private static DueRow Due(PostgresRow row) =>
        new(row.Time(0), row.Text(1)) { Group = row.Flag(2) ? null : LaneName.Of(row.Text(3), row.Flag(4)) };

    public async ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(
        IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) =>
        await reads.RowsAsync(
            "looking for claims of lost nodes",
            PostgresReads.Command(ClaimedSql, Parameters.Of(shards), Parameters.Of(after ?? ""), Parameters.Of(limit)),
            row => new ClaimedRow(row.Text(0), new ClaimToken(row.Number(1), row.Number(2))),
            cancel);

    public async ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading payloads", PostgresReads.Command(PayloadsSql, Parameters.Of(ids)), PayloadRow.Read, cancel);
        return PayloadRow.Readable(rows);
    }

    public async ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(
        OrgId org, string source, string key, Instant now, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync(
            "looking up an idempotency key",
            PostgresReads.Command(KeySql, Parameters.Of(org.Value), Parameters.Of(source), Parameters.Of(StoredText.Exact(key, "idempotency key")), Parameters.Of(now)),
            row => (new DeliveryId(row.Text(0)), row.Bytes(1)),
            cancel);
        return rows.Count == 0 ? null : rows[0];
    }
}
