using Mailroom.Actors;
using Mailroom.Actors.Operators;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Queries;

/// <summary>The queries for dead letters.</summary>
internal static class DeadLetterPage
{
    public static Query Of(Dialect dialect, DeadLetterFilter filter, DeliveryCursor? after, int limit)
    {
        var where = Where(dialect, filter);
        if (after is not null)
        {
            where.And($"(l.created_at, l.delivery_id) < ({where.Of(after.CreatedAt)}, {where.Of(after.Id)})");
        }

        return new(
            $"SELECT {DeadLetterReading.Columns} FROM dead_letters l {where} ORDER BY l.created_at DESC, l.delivery_id DESC LIMIT {where.Of(limit)}",
            where.Arguments);
    }

    /// <summary>Counts up to <paramref name="most"/>.</summary>
    public static Query Count(Dialect dialect, DeadLetterFilter filter, long most)
    {
        var where = Where(dialect, filter);
        return new($"SELECT count(*) FROM (SELECT 1 FROM dead_letters l {where} LIMIT {where.Of(most)}) AS counted", where.Arguments);
    }

    private static Conditions Where(Dialect dialect, DeadLetterFilter filter)
    {
        var where = new Conditions(dialect.Mark)
            .Equal("l.org_id", filter.Org?.Value).Equal("l.source", filter.Source).Equal("l.failure_classification", filter.FailureClassification)
            .Between("l.created_at", filter.Since, filter.Until);
        return filter.NotRepeated ? where.And("l.repeated_by IS NULL") : where;
    }
}

/// <summary>The query for malformed commands.</summary>
internal static class MalformedPage
{
    public static Query Of(Dialect dialect, MalformedFilter filter, long? before, int limit)
    {
        var where = new Conditions(dialect.Mark)
            .Equal("m.stream", filter.Stream).Equal("m.failure_code", filter.FailureCode).Equal("m.source", filter.Source)
            .Between("m.recorded_at", filter.Since, null);
        if (before is { } number)
        {
            where.And($"m.number < {where.Of(number)}");
        }

        return new($"SELECT {MalformedRow.Columns} FROM malformed_commands m {where} ORDER BY m.number DESC LIMIT {where.Of(limit)}", where.Arguments);
    }
}
