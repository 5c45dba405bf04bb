using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Data.Queries;

/// <summary>
/// The query for the ids of one page of a listing, newest first. It walks one index from the cursor on, and which one is
/// settled here rather than left to the planner: that of the recipient, that of the status, or that of what never changes. What is
/// asked for besides is looked up row by row, so a page reads few rows unless what is asked for together is rare.
/// </summary>
internal static class DeliveryPage
{
    /// <summary>The conditions of the indexes on few statuses stand in the text: SQLite uses such an index only where it reads the same words.</summary>
    private const string NotAlike =
        "d.status IN ('delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain')";

    private const string NotOnTheWay =
        "d.status IN ('scheduled', 'queued', 'rendered', 'delivered', 'bounced', 'complained', 'suppressed', 'failed', 'dead_letter', 'canceled', 'expired', 'uncertain')";

    /// <summary>Gives <c>created_at</c> and <c>delivery_id</c>.</summary>
    public static Query Of(Dialect dialect, DeliveryFilter filter, DeliveryCursor? after, int limit)
    {
        var where = new Conditions(dialect.Mark);
        var (distinct, walked, from) = filter switch
        {
            { Recipient: { } address } => ("DISTINCT ", "r", ByRecipient(dialect, where, filter, address)),
            { Status: { } status } when status != DeliveryStatus.Sent => ("", "d", ByStatus(where, filter, status)),
            _ => ("", "f", ByFacts(dialect, where, filter)),
        };

        where.Between($"{walked}.created_at", filter.Since, filter.Until);
        if (after is not null)
        {
            where.And($"({walked}.created_at, {walked}.delivery_id) < ({where.Of(after.CreatedAt)}, {where.Of(after.Id)})");
        }

        return new(
            $"""
            SELECT {distinct}{walked}.created_at, {walked}.delivery_id FROM {from} {where}
            ORDER BY {walked}.created_at DESC, {walked}.delivery_id DESC LIMIT {where.Of(limit)}
            """,
            where.Arguments);
    }

    /// <summary>An address can be in one envelope twice, hence DISTINCT.</summary>
    private static string ByRecipient(Dialect dialect, Conditions where, DeliveryFilter filter, string address)
    {
        where.And($"{dialect.Small("r.address")} = {dialect.Small(where.Of(address))}");
        if (filter is { Org: null, Status: null, Source: null, TemplateId: null })
        {
            return "delivery_recipients r";
        }

        where.And("d.delivery_id = r.delivery_id");
        OfDelivery(where, filter, "d");
        return "delivery_recipients r CROSS JOIN deliveries d";
    }

    private static string ByStatus(Conditions where, DeliveryFilter filter, DeliveryStatus status)
    {
        if (status is not (DeliveryStatus.Sending or DeliveryStatus.Sent))
        {
            where.And(filter.Org is not null || IsWaiting(status) ? NotOnTheWay : NotAlike);
        }

        if (filter.TemplateId is not null)
        {
            where.And("d.template_id IS NOT NULL");
        }

        OfDelivery(where, filter, "d");
        return "deliveries d";
    }

    private static string ByFacts(Dialect dialect, Conditions where, DeliveryFilter filter)
    {
        if (filter.Status is null || dialect.Facts == "deliveries")
        {
            OfDelivery(where, filter, "f");
            return $"{dialect.Facts} f";
        }

        where.And("d.delivery_id = f.delivery_id").And($"d.status = '{filter.Status.Value.Name()}'");
        OfDelivery(where, filter with { Status = null }, "f");
        return $"{dialect.Facts} f CROSS JOIN deliveries d";
    }

    /// <summary>Statuses stand in the text, so that indexes over some statuses can serve them.</summary>
    private static void OfDelivery(Conditions where, DeliveryFilter filter, string table)
    {
        where.Equal($"{table}.org_id", filter.Org?.Value).Equal($"{table}.source", filter.Source).Equal($"{table}.template_id", filter.TemplateId);
        if (filter.Status is { } status)
        {
            where.And($"{table}.status = '{status.Name()}'");
        }
    }

    private static bool IsWaiting(DeliveryStatus status) => status is DeliveryStatus.Scheduled or DeliveryStatus.Queued or DeliveryStatus.Rendered;
}
