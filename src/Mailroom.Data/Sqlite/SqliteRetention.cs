using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Data.Sqlite;

/// <summary>Deletes by id what an index finds by age, on the writer's thread: commits wait for a batch, so batches should be small.</summary>
internal sealed class SqliteRetention(SqliteWriter writer) : IRetention
{
    // The words of the index's condition: exactly the terminal statuses, see deliveries_ended. A trigger deletes what hangs on them.
    private const string DeliveriesSql = """
        DELETE FROM deliveries WHERE delivery_id IN (
            SELECT delivery_id FROM deliveries
            WHERE next_attempt_at IS NULL AND status <> 'uncertain' AND updated_at < ?
            ORDER BY updated_at LIMIT ?)
        """;

    private const string MalformedSql = """
        DELETE FROM malformed_commands WHERE number IN (
            SELECT number FROM malformed_commands WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?)
        """;

    private const string KeysSql = """
        DELETE FROM idempotency WHERE (org_id, source, key) IN (
            SELECT org_id, source, key FROM idempotency WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
        """;

    public ValueTask<int> DeleteDeliveriesAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old deliveries", DeliveriesSql, before, limit, cancel);

    public ValueTask<int> DeleteMalformedAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old malformed commands", MalformedSql, before, limit, cancel);

    public ValueTask<int> DeleteKeysAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old idempotency keys", KeysSql, before, limit, cancel);

    private ValueTask<int> DeleteAsync(string doing, string sql, Instant before, int limit, CancellationToken cancel) => writer.RunAsync(
        doing,
        database =>
        {
            var statement = database.Statement(sql).Bind(before).Bind(limit);
            statement.Run();
            return statement.Changes;
        },
        null,
        cancel);
}
