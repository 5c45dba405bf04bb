using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Sqlite;

/// <summary>Due deliveries by org and lane, each lane found with one step in the index however much waits in the one before.</summary>
internal sealed class SqliteLanes(SqliteReads reads)
{
    /// <summary>Claims that ran out in one page: there are never more than a node has claims.</summary>
    private const int MostClaims = 1000;

    private const string Waiting = "status IN ('scheduled', 'queued', 'rendered')";

    private const string NextLaneSql = $"""
        SELECT org_id, urgent FROM deliveries WHERE {Waiting} AND (org_id, urgent) > (?1, ?2) ORDER BY org_id, urgent LIMIT 1
        """;

    private const string OfLaneSql = $"""
        SELECT next_attempt_at, delivery_id, shard FROM deliveries
        WHERE {Waiting} AND org_id = ?1 AND urgent = ?2 AND next_attempt_at <= ?3
        ORDER BY next_attempt_at, delivery_id
        """;

    private const string ClaimsSql = """
        SELECT next_attempt_at, delivery_id, shard FROM deliveries WHERE status = 'sending' AND next_attempt_at <= ?1
        ORDER BY next_attempt_at, delivery_id
        """;

    public async ValueTask<DueGroupPage> ByLaneAsync(IReadOnlyList<int> shards, Instant now, string? after, int lanes, int each, CancellationToken cancel) =>
        await reads.RunAsync(
            "looking for what is due by org",
            database =>
            {
                var due = after is null
                    ? SqliteReads.OfShards(database.Statement(ClaimsSql).Bind(now), shards, 2, MostClaims, row => new DueRow(row.Time(0), row.Text(1)))
                    : [];
                var lane = after;
                var seen = 0;
                while (seen < lanes && Next(database, lane) is { } next)
                {
                    lane = next;
                    seen++;
                    due.AddRange(Of(database, lane, shards, now, each));
                }

                return new DueGroupPage(due, seen == lanes ? lane : null);
            },
            cancel);

    public async ValueTask<IReadOnlyList<DueRow>> OfLaneAsync(string lane, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        await reads.RunAsync("looking for what is due of an org", database => Of(database, lane, shards, now, limit), cancel);

    private static string? Next(SqliteDatabase database, string? after)
    {
        var (org, urgent) = after is null ? (new(""), false) : LaneName.Parse(after);
        var statement = database.Statement(NextLaneSql).Bind(org.Value).Bind(urgent);
        try
        {
            return statement.Read() ? LaneName.Of(statement.Text(0), statement.Flag(1)) : null;
        }
        finally
        {
            statement.Reset();
        }
    }

    private static List<DueRow> Of(SqliteDatabase database, string lane, IReadOnlyList<int> shards, Instant now, int limit)
    {
        var (org, urgent) = LaneName.Parse(lane);
        return SqliteReads.OfShards(
            database.Statement(OfLaneSql).Bind(org.Value).Bind(urgent).Bind(now),
            shards, 2, limit, row => new DueRow(row.Time(0), row.Text(1)) { Group = lane });
    }
}
