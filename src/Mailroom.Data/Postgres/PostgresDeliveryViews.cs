using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Queries;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>What people read: one delivery with all that is known of it, and lists.</summary>
internal sealed class PostgresDeliveryViews(PostgresReads reads)
{
    private const string State = $"SELECT {DeliveryRow.Columns}, {PostgresDeliveries.Recipients}";

    private const string Stored = $"{State}, p.content, p.rendered";

    // A list shows no content, so of a large payload only the head is read: a page would otherwise be as large as all its mails.
    private const string Listed = $"""
        {State}, CASE WHEN octet_length(p.content) <= {DeliveryRow.LongestHeadText} THEN p.content
            ELSE substring(p.content FROM 1 FOR COALESCE(NULLIF(position('\x00'::bytea IN substring(p.content FROM 1 FOR {DeliveryRow.LongestHeadText})), 0) - 1, octet_length(p.content)))
            END, p.rendered
        """;

    private const string FindSql = $"""
        {Stored} FROM deliveries d JOIN delivery_payloads p ON p.delivery_id = d.delivery_id
        WHERE d.delivery_id = $1 AND ($2::text IS NULL OR d.org_id = $2)
        """;

    private const string RecipientsSql = $"SELECT {RecipientRow.Columns} FROM delivery_recipients WHERE delivery_id = $1 ORDER BY position";

    private const string AttemptsSql = $"SELECT {AttemptRow.Columns} FROM attempts WHERE delivery_id = $1 ORDER BY attempt_no";

    private const string RunningSql = $"SELECT {AttemptRow.RunningColumns} FROM deliveries WHERE delivery_id = $1 AND status = 'sending'";

    private const string EventsSql = $"SELECT {Timeline.EventColumns} FROM delivery_events WHERE delivery_id = $1 ORDER BY version, ord";

    private const string TimelineAttemptsSql = $"SELECT {Timeline.AttemptColumns} FROM attempts WHERE delivery_id = $1 ORDER BY attempt_no";

    public async ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel)
    {
        var ofOrg = new NpgsqlParameter { Value = org is { } known ? known.Value : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };
        var rows = await reads.RowsAsync("reading a delivery", PostgresReads.Command(FindSql, Parameters.Of(id.Value), ofOrg), DeliveryRow.Stored, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) =>
        await reads.RowsAsync("reading recipients", PostgresReads.Command(RecipientsSql, Parameters.Of(id.Value)), RecipientRow.Read, cancel);

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) =>
        BatchAsync<IReadOnlyList<StoredAttempt>>(
            "reading attempts", id, [AttemptsSql, RunningSql],
            async (results, deadline) =>
            {
                var attempts = new List<StoredAttempt>();
                await EachAsync(results, row => attempts.Add(AttemptRow.Ended(row)), deadline);
                await EachAsync(results, row => attempts.Add(AttemptRow.Running(row)), deadline);
                return attempts;
            },
            cancel);

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) =>
        BatchAsync(
            "reading a timeline", id, [EventsSql, TimelineAttemptsSql, RunningSql],
            async (results, deadline) =>
            {
                var timeline = new Timeline();
                Instant? running = null;
                await EachAsync(results, timeline.AddEvent, deadline);
                await EachAsync(results, timeline.AddAttempt, deadline);
                await EachAsync(results, row => running = row.Time(1), deadline);
                return timeline.Finish(running);
            },
            cancel);

    public async ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel)
    {
        // The rows are chosen before their payloads are looked at.
        var page = DeliveryPage.Of(Dialect.Postgres, filter, after, limit);
        var sql = $"""
            {Listed}
            FROM ({page.Sql}) k
            JOIN deliveries d ON d.delivery_id = k.delivery_id
            JOIN delivery_payloads p ON p.delivery_id = k.delivery_id
            ORDER BY k.created_at DESC, k.delivery_id DESC
            """;
        var command = PostgresReads.Command(page with { Sql = sql });
        return await reads.RowsAsync("listing deliveries", command, DeliveryRow.Stored, cancel);
    }

    private ValueTask<T> BatchAsync<T>(
        string doing, DeliveryId id, string[] statements, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancel) =>
        reads.RunAsync(
            doing,
            async (connection, deadline) =>
            {
                // One moment for all statements, so that an attempt that ends between them is not missed.
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
                foreach (var sql in statements)
                {
                    batch.BatchCommands.Add(new(sql) { Parameters = { Parameters.Of(id.Value) } });
                }

                batch.BatchCommands.Add(new("COMMIT"));
                await using var results = await batch.ExecuteReaderAsync(deadline);
                return await read(results, deadline);
            },
            cancel);

    private static async Task EachAsync(NpgsqlDataReader results, Action<PostgresRow> take, CancellationToken cancel)
    {
        while (await results.ReadAsync(cancel))
        {
            take(new PostgresRow(results));
        }

        await results.NextResultAsync(cancel);
    }
}
