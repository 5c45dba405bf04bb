using System.Globalization;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary><c>GET /api/v1/emails</c>: newest first, in pages that begin after or end before a mail.</summary>
internal sealed class ListEmails(IDeliveryStore deliveries, TimeProvider clock, TimeSpan timeout)
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    /// <summary>The store lists in one direction, so a page before a mail is looked for from the top, this many pages at most.</summary>
    private const int MaxPagesBefore = 10;

    public async Task HandleAsync(HttpContext context, OrgId org)
    {
        var limit = Limit(context);
        var after = Cursor(context, "after");
        var before = Cursor(context, "before");
        if (after is not null && before is not null)
        {
            throw Invalid("before", "cannot be given together with after");
        }

        using var reading = new ReadDeadline(context, timeout, clock);
        var (page, hasMore) = before is { } end
            ? await BeforeAsync(org, end, limit, reading.Token)
            : await AfterAsync(org, after, limit, reading.Token);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (page, hasMore), Write);
    }

    private async Task<(IReadOnlyList<StoredDelivery> Page, bool HasMore)> AfterAsync(OrgId org, DeliveryId? after, int limit, CancellationToken cancel)
    {
        var cursor = after is { } start ? await PlaceAsync(org, start, "after", cancel) : null;
        var found = await deliveries.ListAsync(new DeliveryFilter(org), cursor, limit + 1, cancel);
        return (found.Count > limit ? [.. found.Take(limit)] : found, found.Count > limit);
    }

    private async Task<(IReadOnlyList<StoredDelivery> Page, bool HasMore)> BeforeAsync(OrgId org, DeliveryId before, int limit, CancellationToken cancel)
    {
        await PlaceAsync(org, before, "before", cancel);
        var newer = new Queue<StoredDelivery>();
        var hasMore = false;
        DeliveryCursor? cursor = null;
        for (var page = 0; page < MaxPagesBefore; page++)
        {
            var found = await deliveries.ListAsync(new DeliveryFilter(org), cursor, MaxLimit, cancel);
            foreach (var email in found)
            {
                if (email.State.Id == before)
                {
                    return ([.. newer], hasMore);
                }

                newer.Enqueue(email);
                if (newer.Count > limit)
                {
                    newer.Dequeue();
                    hasMore = true;
                }
            }

            if (found.Count < MaxLimit)
            {
                break;
            }

            cursor = new DeliveryCursor(found[^1].State.CreatedAt, found[^1].State.Id.Value);
        }

        throw Invalid("before", $"lies more than {MaxPagesBefore * MaxLimit} emails back; go through the list with after");
    }

    private async Task<DeliveryCursor> PlaceAsync(OrgId org, DeliveryId id, string name, CancellationToken cancel)
    {
        var email = await deliveries.FindAsync(org, id, cancel) ?? throw Invalid(name, "is not the id of an email");
        return new DeliveryCursor(email.State.CreatedAt, email.State.Id.Value);
    }

    private static int Limit(HttpContext context) =>
        context.Request.Query["limit"] switch
        {
            [] => DefaultLimit,
            [{ } text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit => limit,
            _ => throw Invalid("limit", $"must be a number from 1 to {MaxLimit}"),
        };

    private static DeliveryId? Cursor(HttpContext context, string name) =>
        context.Request.Query[name] switch
        {
            [] => null,
            [{ } text] when DeliveryId.TryParse(text, out var id) => id,
            _ => throw Invalid(name, "is not the id of an email"),
        };

    private static ProblemException Invalid(string parameter, string message)
    {
        var faults = new Faults();
        faults.Add(parameter, message);
        return new ProblemException(faults.ToProblem());
    }

    private static void Write(Utf8JsonWriter json, (IReadOnlyList<StoredDelivery> Page, bool HasMore) list)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteBoolean("has_more", list.HasMore);
        json.WriteStartArray("data");
        foreach (var email in list.Page)
        {
            EmailJson.Write(json, email, withContent: false);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
