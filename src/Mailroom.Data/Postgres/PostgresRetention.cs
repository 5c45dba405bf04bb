using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Deletes by id what an index finds by age. Rows that a commit holds at that moment are left for the next batch.</summary>
internal sealed class PostgresRetention(PostgresReads reads) : IRetention
{
    // The words of the index's condition: exactly the terminal statuses, see deliveries_ended. A trigger deletes what hangs on them.
    private const string DeliveriesSql = """
        DELETE FROM deliveries WHERE delivery_id = ANY(ARRAY(
            SELECT delivery_id FROM deliveries
            WHERE next_attempt_at IS NULL AND status <> 'uncertain' AND updated_at < $1
            ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        """;

    private const string MalformedSql = """
        DELETE FROM malformed_commands WHERE number = ANY(ARRAY(
            SELECT number FROM malformed_commands WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        """;

    private const string KeysSql = """
        DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM idempotency WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        """;

    public ValueTask<int> DeleteDeliveriesAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old deliveries", DeliveriesSql, before, limit, cancel);

    public ValueTask<int> DeleteMalformedAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old malformed commands", MalformedSql, before, limit, cancel);

    public ValueTask<int> DeleteKeysAsync(Instant before, int limit, CancellationToken cancel) =>
        DeleteAsync("deleting old idempotency keys", KeysSql, before, limit, cancel);

    private ValueTask<int> DeleteAsync(string doing, string sql, Instant before, int limit, CancellationToken cancel) => reads.RunAsync(
        doing,
        async (connection, deadline) =>
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { Parameters.Of(before), Parameters.Of(limit) } };
            return await command.ExecuteNonQueryAsync(deadline);
        },
        cancel);
}
