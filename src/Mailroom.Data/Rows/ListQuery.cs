using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Data.Rows;

/// <summary>The conditions of a listing. Statuses stand in the text, so that indexes over some statuses can serve it.</summary>
internal static class ListQuery
{
    /// <summary>Conditions on <c>deliveries d</c>, starting with WHERE. The parameters: org, created_at, delivery_id, each given by name.</summary>
    public static string Where(DeliveryFilter filter, DeliveryCursor? after, string org, string createdAt, string id)
    {
        var conditions = new List<string>(4);
        if (filter.Org is not null)
        {
            conditions.Add($"d.org_id = {org}");
        }

        if (filter.Status is { } status)
        {
            conditions.Add($"d.status = '{status.Name()}'");
            if (status is DeliveryStatus.Scheduled or DeliveryStatus.Queued or DeliveryStatus.Rendered or DeliveryStatus.Sending)
            {
                conditions.Add("d.next_attempt_at IS NOT NULL");
            }
        }

        if (after is not null)
        {
            conditions.Add($"(d.created_at, d.delivery_id) < ({createdAt}, {id})");
        }

        return conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
    }
}
