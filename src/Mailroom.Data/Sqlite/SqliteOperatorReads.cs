using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Data.Queries;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

internal sealed class SqliteOperatorReads(SqliteReads reads) : IOperatorReads
{
    // A claim is due when it runs out, so claims are in the index as well. They are few.
    private const string Waiting = "FROM deliveries WHERE next_attempt_at IS NOT NULL AND status <> 'sending'";

    /// <summary>Counting is the only thing here that grows with what waits, so it ends.</summary>
    private const long MostCounted = 1_000_000;

    private const string DepthSql = """
        SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE next_attempt_at IS NOT NULL LIMIT ?))
            - (SELECT count(*) FROM deliveries WHERE status = 'sending')
        """;

    private const string OldestSql = $"SELECT next_attempt_at {Waiting} ORDER BY next_attempt_at LIMIT 1";

    private const string LanesSql = $"""
        SELECT org_id, urgent, count(*), min(next_attempt_at) AS oldest
        FROM (SELECT org_id, urgent, next_attempt_at {Waiting} ORDER BY next_attempt_at LIMIT ?)
        GROUP BY org_id, urgent ORDER BY oldest, org_id, urgent LIMIT ?
        """;

    private const string RepeatsSql = "SELECT delivery_id FROM deliveries WHERE parent_id = ? ORDER BY created_at, delivery_id LIMIT ?";

    public async ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(DeadLetterFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        await reads.RowsAsync("listing dead letters", DeadLetterPage.Of(Dialect.Sqlite, filter, after, limit), DeadLetterReading.Read, cancel);

    public async ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, long most, CancellationToken cancel) =>
        (await reads.RowsAsync("counting dead letters", DeadLetterPage.Count(Dialect.Sqlite, filter, most), row => row.Number(0), cancel))[0];

    public async ValueTask<IReadOnlyList<StoredMalformed>> MalformedAsync(MalformedFilter filter, long? before, int limit, CancellationToken cancel) =>
        await reads.RowsAsync("listing malformed commands", MalformedPage.Of(Dialect.Sqlite, filter, before, limit), MalformedRow.Read, cancel);

    public async ValueTask<ScheduleFacts> ScheduleAsync(Instant now, int lanes, CancellationToken cancel)
    {
        var depth = (await reads.RowsAsync(
            "counting what waits", DepthSql, statement => statement.Bind(MostCounted), row => row.Number(0), cancel))[0];
        var oldest = await reads.RowsAsync("looking for the oldest that waits", OldestSql, _ => { }, row => row.Time(0), cancel);
        var byLane = await reads.RowsAsync(
            "counting lanes", LanesSql, statement => statement.Bind(ScheduleBounds.Sample).Bind(lanes), LaneRow.Read, cancel);
        return new(Math.Max(0, depth), oldest.Count == 0 ? null : oldest[0], byLane);
    }

    public async ValueTask<IReadOnlyList<DeliveryId>> RepeatsAsync(DeliveryId parent, int limit, CancellationToken cancel) => await reads.RowsAsync(
        "reading repeats", RepeatsSql, statement => statement.Bind(parent.Value).Bind(limit), row => new DeliveryId(row.Text(0)), cancel);
}
