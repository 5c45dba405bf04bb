using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Data.Queries;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

/// <param name="reads">Reads that see every commit: what is repeated on their word must not be repeated twice.</param>
/// <param name="listings">Reads that may be a moment behind.</param>
internal sealed class PostgresOperatorReads(PostgresReads reads, PostgresReads listings) : IOperatorReads
{
    // A claim is due when it runs out, so claims are in the index as well. They are few.
    private const string Waiting = "FROM deliveries WHERE next_attempt_at IS NOT NULL AND status <> 'sending'";

    /// <summary>Counting is the only thing here that grows with what waits, so it ends: this many take 60 ms. Beyond it the statistics tell.</summary>
    private const long MostCounted = 250_000;

    private const string DepthSql = """
        SELECT CASE WHEN counted < $1 THEN counted
            ELSE GREATEST(counted, (SELECT reltuples::bigint FROM pg_class WHERE oid = 'deliveries_due'::regclass)) END
        FROM (SELECT count(*) AS counted FROM (SELECT FROM deliveries WHERE next_attempt_at IS NOT NULL LIMIT $1) AS first_due) AS due
        """;

    private const string ClaimedSql = "SELECT count(*) FROM deliveries WHERE status = 'sending'";

    private const string OldestSql = $"SELECT next_attempt_at {Waiting} ORDER BY next_attempt_at LIMIT 1";

    private const string LanesSql = $"""
        SELECT org_id, urgent, count(*), min(next_attempt_at) AS oldest
        FROM (SELECT org_id, urgent, next_attempt_at {Waiting} ORDER BY next_attempt_at LIMIT $1) AS longest_due
        GROUP BY org_id, urgent ORDER BY oldest, org_id, urgent LIMIT $2
        """;

    private const string RepeatsSql = "SELECT delivery_id FROM deliveries WHERE parent_id = $1 ORDER BY created_at, delivery_id LIMIT $2";

    public async ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(DeadLetterFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        await reads.RowsAsync(
            "listing dead letters", PostgresReads.Command(DeadLetterPage.Of(Dialect.Postgres, filter, after, limit)), DeadLetterReading.Read, cancel);

    public async ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, long most, CancellationToken cancel) => (await reads.RowsAsync(
        "counting dead letters", PostgresReads.Command(DeadLetterPage.Count(Dialect.Postgres, filter, most)), row => row.Number(0), cancel))[0];

    public async ValueTask<IReadOnlyList<StoredMalformed>> MalformedAsync(MalformedFilter filter, long? before, int limit, CancellationToken cancel) =>
        await listings.RowsAsync(
            "listing malformed commands", PostgresReads.Command(MalformedPage.Of(Dialect.Postgres, filter, before, limit)), MalformedRow.Read, cancel);

    public async ValueTask<ScheduleFacts> ScheduleAsync(Instant now, int lanes, CancellationToken cancel)
    {
        var due = (await reads.RowsAsync(
            "counting what waits", PostgresReads.Command(DepthSql, Parameters.Of(MostCounted)), row => row.Number(0), cancel))[0];
        var claimed = (await reads.RowsAsync("counting claims", PostgresReads.Command(ClaimedSql), row => row.Number(0), cancel))[0];
        var oldest = await reads.RowsAsync("looking for the oldest that waits", PostgresReads.Command(OldestSql), row => row.Time(0), cancel);
        var byLane = await reads.RowsAsync(
            "counting lanes", PostgresReads.Command(LanesSql, Parameters.Of(ScheduleBounds.Sample), Parameters.Of(lanes)), LaneRow.Read, cancel);
        return new(Math.Max(0, due - claimed), oldest.Count == 0 ? null : oldest[0], byLane);
    }

    public async ValueTask<IReadOnlyList<DeliveryId>> RepeatsAsync(DeliveryId parent, int limit, CancellationToken cancel) => await reads.RowsAsync(
        "reading repeats", PostgresReads.Command(RepeatsSql, Parameters.Of(parent.Value), Parameters.Of(limit)), row => new DeliveryId(row.Text(0)), cancel);
}
