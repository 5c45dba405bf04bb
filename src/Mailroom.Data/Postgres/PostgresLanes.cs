using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Postgres;

/// <summary>Due deliveries by org and lane, each lane found with one step in the index however much waits in the one before.</summary>
internal sealed class PostgresLanes(PostgresReads reads)
{
    /// <summary>Claims that ran out in one page: there are never more than a node has claims.</summary>
    private const int MostClaims = 1000;

    /// <summary>The condition of the index, word for word.</summary>
    private const string Waiting = "next_attempt_at IS NOT NULL AND (status = 'sending') IS FALSE";

    // Rows are compared whole: the index by time alone, which would walk through other orgs' backlogs, then cannot give the order.
    internal const string ByLaneSql = $"""
        WITH RECURSIVE lanes AS (
            (SELECT org_id, urgent, 1 AS number FROM deliveries
             WHERE {Waiting} AND (org_id, urgent) > ($3, $4) ORDER BY org_id, urgent LIMIT 1)
            UNION ALL
            SELECT following.org_id, following.urgent, lanes.number + 1 FROM lanes CROSS JOIN LATERAL (
                SELECT org_id, urgent FROM deliveries
                WHERE {Waiting} AND (org_id, urgent) > (lanes.org_id, lanes.urgent) ORDER BY org_id, urgent LIMIT 1) AS following
            WHERE lanes.number < $5
        )
        SELECT lanes.org_id, lanes.urgent, due.next_attempt_at, due.delivery_id FROM lanes LEFT JOIN LATERAL (
            SELECT next_attempt_at, delivery_id FROM deliveries
            WHERE {Waiting} AND shard = ANY($2) AND (org_id, urgent, next_attempt_at) >= (lanes.org_id, lanes.urgent, '-infinity'::timestamptz)
              AND (org_id, urgent, next_attempt_at) <= (lanes.org_id, lanes.urgent, $1)
            ORDER BY org_id, urgent, next_attempt_at, delivery_id LIMIT $6) AS due ON true
        ORDER BY lanes.org_id, lanes.urgent, due.next_attempt_at, due.delivery_id
        """;

    private const string OfLaneSql = $"""
        SELECT next_attempt_at, delivery_id FROM deliveries
        WHERE {Waiting} AND shard = ANY($2)
          AND (org_id, urgent, next_attempt_at) >= ($3, $4, '-infinity'::timestamptz) AND (org_id, urgent, next_attempt_at) <= ($3, $4, $1)
        ORDER BY org_id, urgent, next_attempt_at, delivery_id LIMIT $5
        """;

    internal const string ClaimsSql = """
        SELECT next_attempt_at, delivery_id FROM deliveries
        WHERE status = 'sending' AND next_attempt_at <= $1 AND shard = ANY($2)
        ORDER BY next_attempt_at, delivery_id LIMIT $3
        """;

    public async ValueTask<DueGroupPage> ByLaneAsync(IReadOnlyList<int> shards, Instant now, string? after, int lanes, int each, CancellationToken cancel)
    {
        var (org, urgent) = after is null ? (new(""), false) : LaneName.Parse(after);
        var read = await reads.RowsAsync(
            "looking for what is due by org",
            PostgresReads.Command(
                ByLaneSql, Parameters.Of(now), Parameters.Of(shards), Parameters.Of(org.Value), Parameters.Of(urgent), Parameters.Of(lanes), Parameters.Of(each)),
            row => (Lane: LaneName.Of(row.Text(0), row.Flag(1)), Due: row.IsNull(3) ? null : new DueRow(row.Time(2), row.Text(3))),
            cancel);
        var due = after is null ? await ClaimsAsync(shards, now, cancel) : [];
        var seen = 0;
        string? last = null;
        foreach (var row in read)
        {
            seen += row.Lane == last ? 0 : 1;
            last = row.Lane;
            if (row.Due is { } found)
            {
                due.Add(found with { Group = row.Lane });
            }
        }

        return new(due, seen == lanes ? last : null);
    }

    public async ValueTask<IReadOnlyList<DueRow>> OfLaneAsync(string lane, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel)
    {
        var (org, urgent) = LaneName.Parse(lane);
        return await reads.RowsAsync(
            "looking for what is due of an org",
            PostgresReads.Command(
                OfLaneSql, Parameters.Of(now), Parameters.Of(shards), Parameters.Of(org.Value), Parameters.Of(urgent), Parameters.Of(limit)),
            row => new DueRow(row.Time(0), row.Text(1)) { Group = lane },
            cancel);
    }

    private ValueTask<List<DueRow>> ClaimsAsync(IReadOnlyList<int> shards, Instant now, CancellationToken cancel) => reads.RowsAsync(
        "looking for claims that ran out",
        PostgresReads.Command(ClaimsSql, Parameters.Of(now), Parameters.Of(shards), Parameters.Of(MostClaims)),
        row => new DueRow(row.Time(0), row.Text(1)),
        cancel);
}
