using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Queries;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

/// <summary>All reads of deliveries. Ids are looked up one by one: in the same process that costs no round trip.</summary>
internal sealed class SqliteDeliveryStore(SqliteReads reads) : IDeliveryStore
{
    private const string Recipients = """
        CASE WHEN d.mixed THEN (
            SELECT group_concat(s, ',') FROM (
                SELECT COALESCE(r.status, 'pending') AS s FROM delivery_recipients r WHERE r.delivery_id = d.delivery_id ORDER BY r.position))
        END
        """;

    private const string LoadSql = $"SELECT {DeliveryRow.Columns}, {Recipients} FROM deliveries d WHERE d.delivery_id = ?";

    private const string PayloadSql = "SELECT delivery_id, content, rendered FROM delivery_payloads WHERE delivery_id = ?";

    private const string DueSql = """
        SELECT next_attempt_at, delivery_id, shard, status = 'sending', org_id, urgent FROM deliveries
        WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= ?1 AND (next_attempt_at, delivery_id) > (?2, ?3)
        ORDER BY next_attempt_at, delivery_id
        """;

    private const string ClaimedSql = """
        SELECT delivery_id, claim_incarnation, claim_sequence, shard FROM deliveries
        WHERE status = 'sending' AND claim_incarnation NOT IN (SELECT incarnation FROM nodes WHERE left_at IS NULL) AND delivery_id > ?1
        ORDER BY delivery_id
        """;

    private const string KeySql = "SELECT delivery_id, fingerprint FROM idempotency WHERE org_id = ? AND source = ? AND key = ? AND expires_at > ?";

    private const string State = $"SELECT {DeliveryRow.Columns}, {Recipients}";

    private const string Stored = $"{State}, p.content, p.rendered";

    // A list shows no content, so of a large payload only the head is read: a page would otherwise be as large as all its mails.
    private const string Listed = $"""
        {State}, CASE WHEN length(p.content) <= {DeliveryRow.LongestHeadText} THEN p.content
            ELSE substr(p.content, 1, COALESCE(NULLIF(instr(substr(p.content, 1, {DeliveryRow.LongestHeadText}), x'00'), 0) - 1, length(p.content))) END, p.rendered
        """;

    private const string FindSql = $"""
        {Stored} FROM deliveries d JOIN delivery_payloads p ON p.delivery_id = d.delivery_id
        WHERE d.delivery_id = ?1 AND (?2 IS NULL OR d.org_id = ?2)
        """;

    private const string RecipientsSql = $"SELECT {RecipientRow.Columns} FROM delivery_recipients WHERE delivery_id = ? ORDER BY position";

    private const string AttemptsSql = $"SELECT {AttemptRow.Columns} FROM attempts WHERE delivery_id = ? ORDER BY attempt_no";

    private const string RunningSql = $"SELECT {AttemptRow.RunningColumns} FROM deliveries WHERE delivery_id = ? AND status = 'sending'";

    private const string EventsSql = $"SELECT {Timeline.EventColumns} FROM delivery_events WHERE delivery_id = ? ORDER BY version, ord";

    private const string TimelineAttemptsSql = $"SELECT {Timeline.AttemptColumns} FROM attempts WHERE delivery_id = ? ORDER BY attempt_no";

    private readonly SqliteLanes _lanes = new(reads);

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel)
    {
        var rows = await reads.RunAsync("loading deliveries", database => SqliteReads.EachId(database, LoadSql, ids, DeliveryRow.Load), cancel);
        rows.ForEach(found);
    }

    public async ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel) =>
        PayloadRow.Readable(await reads.RunAsync("reading payloads", database => SqliteReads.EachId(database, PayloadSql, ids, PayloadRow.Read), cancel));

    public async ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        await reads.RunAsync(
            "looking for what is due",
            database => SqliteReads.OfShards(
                database.Statement(DueSql).Bind(now).Bind(after?.At.UnixMilliseconds ?? long.MinValue).Bind(after?.Id ?? ""),
                shards, 2, limit, row => new DueRow(row.Time(0), row.Text(1)) { Group = row.Flag(3) ? null : LaneName.Of(row.Text(4), row.Flag(5)) }),
            cancel);

    public ValueTask<DueGroupPage> DueByGroupAsync(
        IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel) =>
        _lanes.ByLaneAsync(shards, now, after, groups, each, cancel);

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        _lanes.OfLaneAsync(group, shards, now, limit, cancel);

    public async ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(
        IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) =>
        await reads.RunAsync(
            "looking for claims of lost nodes",
            database => SqliteReads.OfShards(
                database.Statement(ClaimedSql).Bind(after ?? ""),
                shards, 3, limit, row => new ClaimedRow(row.Text(0), new(row.Number(1), row.Number(2)))),
            cancel);

    public async ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(
        OrgId org, string source, string key, Instant now, CancellationToken cancel)
    {
        var exact = StoredText.Exact(key, "idempotency key");
        var rows = await reads.RowsAsync(
            "looking up an idempotency key", KeySql, statement => statement.Bind(org.Value).Bind(source).Bind(exact).Bind(now),
            row => (new DeliveryId(row.Text(0)), row.Bytes(1)), cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading a delivery", FindSql, statement => statement.Bind(id.Value).Bind(org?.Value), DeliveryRow.Stored, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) =>
        await reads.RowsAsync("reading recipients", RecipientsSql, statement => statement.Bind(id.Value), RecipientRow.Read, cancel);

    public async ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) => await reads.RunAsync(
        "reading attempts",
        database => InOneView<IReadOnlyList<StoredAttempt>>(
            database,
            () =>
            [
                .. SqliteReads.Rows(database, AttemptsSql, statement => statement.Bind(id.Value), AttemptRow.Ended),
                .. SqliteReads.Rows(database, RunningSql, statement => statement.Bind(id.Value), AttemptRow.Running),
            ]),
        cancel);

    public async ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) => await reads.RunAsync(
        "reading a timeline",
        database => InOneView(
            database,
            () =>
            {
                var timeline = new Timeline();
                Each(database, EventsSql, id, timeline.AddEvent);
                Each(database, TimelineAttemptsSql, id, timeline.AddAttempt);
                Instant? running = null;
                Each(database, RunningSql, id, row => running = row.Time(1));
                return timeline.Finish(running);
            }),
        cancel);

    public async ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel)
    {
        var page = DeliveryPage.Of(Dialect.Sqlite, filter, after, limit);
        var sql = $"""
            {Listed}
            FROM ({page.Sql}) k
            CROSS JOIN deliveries d ON d.delivery_id = k.delivery_id
            JOIN delivery_payloads p ON p.delivery_id = k.delivery_id
            ORDER BY k.created_at DESC, k.delivery_id DESC
            """;
        return await reads.RowsAsync("listing deliveries", page with { Sql = sql }, DeliveryRow.Stored, cancel);
    }

    private static void Each(SqliteDatabase database, string sql, DeliveryId id, Action<SqliteStatement> take)
    {
        var statement = database.Statement(sql);
        try
        {
            statement.Bind(id.Value);
            while (statement.Read())
            {
                take(statement);
            }
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>Several reads of one moment, so that an attempt that ends between them is not missed.</summary>
    private static T InOneView<T>(SqliteDatabase database, Func<T> read)
    {
        database.Statement("BEGIN").Run();
        try
        {
            return read();
        }
        finally
        {
            database.Rollback();
        }
    }
}
