using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Data.Queries;

/// <summary>
/// The query for the ids of one page of a listing, newest first. It walks one index backwards from the cursor, and which one is
/// settled here rather than left to the planner: that of the recipient, of the status, or of what never changes. What is asked for
/// besides is looked up row by row, so a page reads many rows only where what is asked for together is rare.
/// </summary>
internal static class DeliveryPage
{
    // The conditions of the indexes on some statuses, word by word.
    private const string Ended =
        "t.status IN ('delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain')";

    private const string WaitingOrEnded =
        "t.status IN ('scheduled', 'queued', 'rendered', 'delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain')";

    /// <summary>Gives <c>created_at</c> and <c>delivery_id</c>.</summary>
    public static Query Of(Dialect dialect, DeliveryFilter filter, DeliveryCursor? after, int limit)
    {
        var where = new Conditions(dialect.Mark);
        var from = Walk(dialect, where, filter);
        where.Between("t.created_at", filter.Since, filter.Until);
        if (after is not null)
        {
            where.And($"(t.created_at, t.delivery_id) < ({where.Of(after.CreatedAt)}, {where.Of(after.Id)})");
        }

        // An address can be in one envelope twice.
        var distinct = filter.Recipient is null ? "" : "DISTINCT ";
        return new(
            $"""
            SELECT {distinct}t.created_at, t.delivery_id FROM {from} t {where}
            ORDER BY t.created_at DESC, t.delivery_id DESC LIMIT {where.Of(limit)}
            """,
            where.Arguments);
    }

    /// <summary>Adds what is asked for, and returns the table whose index is walked.</summary>
    private static string Walk(Dialect dialect, Conditions where, DeliveryFilter filter)
    {
        if (filter.Recipient is { } address)
        {
            where.And($"{dialect.Small("t.address")} = {dialect.Small(where.Of(address))}");
            Besides(where, filter);
            return "delivery_recipients";
        }

        // Nearly all mail is sent at last, so there the status narrows least.
        var narrowed = filter.Org is not null || filter.Source is not null || filter.TemplateId is not null;
        if (filter.Status is { } status && !(status == DeliveryStatus.Sent && narrowed))
        {
            Columns(where, filter, "t").And($"t.status = '{status.Name()}'");
            if (!dialect.Reasons && IndexCondition(status) is { } words)
            {
                where.And(words);
            }

            return "deliveries";
        }

        Columns(where, filter, "t");
        Besides(where, new DeliveryFilter(null, filter.Status));
        return dialect.Facts;
    }

    private static string? IndexCondition(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Scheduled or DeliveryStatus.Queued or DeliveryStatus.Rendered => WaitingOrEnded,
        DeliveryStatus.Sending or DeliveryStatus.Sent => null,
        _ => $"{WaitingOrEnded} AND {Ended}",
    };

    /// <summary>What the table that is walked does not know. "OFFSET 0" keeps PostgreSQL from making a join of it, which would begin with all deliveries.</summary>
    private static void Besides(Conditions where, DeliveryFilter filter)
    {
        if (filter is { Org: null, Status: null, Source: null, TemplateId: null })
        {
            return;
        }

        var looked = where.Within();
        Columns(looked.And("d.delivery_id = t.delivery_id"), filter, "d");
        if (filter.Status is { } status)
        {
            looked.And($"d.status = '{status.Name()}'");
        }

        where.And($"EXISTS (SELECT 1 FROM deliveries d {looked} LIMIT 1 OFFSET 0)");
    }

    private static Conditions Columns(Conditions where, DeliveryFilter filter, string table) => where
        .Equal($"{table}.org_id", filter.Org?.Value).Equal($"{table}.source", filter.Source).Equal($"{table}.template_id", filter.TemplateId);
}
