using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>What operators read of deliveries (D07): the list, one, its attempts, its timeline.</summary>
internal sealed class DeliveryReads(IDeliveryStore deliveries, IOperatorReads operators, IOrgStore orgs)
{
    /// <summary>Repeats of one delivery that are shown.</summary>
    private const int MostRepeats = 100;

    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        var query = new QueryFilters(context);
        var filter = new DeliveryFilter(query.Org("org"), query.Status("status"))
        {
            Source = query.Text("source", 64),
            Recipient = query.Text("recipient", 320),
            TemplateId = query.Text("template", 128),
            Since = query.Time("since"),
            Until = query.Time("until"),
        };
        var after = query.Cursor<DeliveryCursor>(PageCursor.TryPlace);
        var limit = query.Limit();
        query.End();

        var found = await deliveries.ListAsync(filter, after, limit + 1, reads);
        var page = Page<StoredDelivery>.Of(found, limit, last => PageCursor.Of(last.State.CreatedAt, last.State.Id.Value));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, page, static (json, page) => page.Write(json, DeliveryJson.WriteSummary));
    }

    public async Task OneAsync(HttpContext context, CancellationToken reads)
    {
        var delivery = await FindAsync(context, reads);
        var recipients = await deliveries.RecipientsAsync(delivery.State.Id, reads);
        var repeats = await operators.RepeatsAsync(delivery.State.Id, MostRepeats, reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, new ShownDelivery(delivery, recipients, repeats), DeliveryJson.Write);
    }

    public async Task AttemptsAsync(HttpContext context, CancellationToken reads)
    {
        var delivery = await FindAsync(context, reads);
        var attempts = await deliveries.AttemptsAsync(delivery.State.Id, reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (delivery, attempts), WriteAttempts);
    }

    /// <summary>Everything that happened from intake to the provider's last word, and what it means.</summary>
    public async Task TimelineAsync(HttpContext context, CancellationToken reads)
    {
        // The state is read last, so that the verdict is never older than the events.
        var id = Id(context);
        var events = await deliveries.TimelineAsync(id, reads);
        var attempts = await deliveries.AttemptsAsync(id, reads);
        var delivery = await FindAsync(context, reads);
        var pause = delivery.State.Status.IsWaiting() ? await PauseAsync(delivery.State.Org, reads) : null;
        await Reply.JsonAsync(context, StatusCodes.Status200OK, new Timeline(delivery, events, attempts, Verdict.Of(delivery.State, attempts, pause)), WriteTimeline);
    }

    /// <exception cref="ProblemException">There is none.</exception>
    public async Task<StoredDelivery> FindAsync(HttpContext context, CancellationToken cancel) =>
        await deliveries.FindAsync(null, Id(context), cancel) ?? throw NotFound();

    /// <exception cref="ProblemException">The path has no id in it.</exception>
    public static DeliveryId Id(HttpContext context) => EmailRoutes.Id(context) ?? throw NotFound();

    /// <summary>What keeps the org's mail, or null. A pause of everybody's mail outlasts the org's own.</summary>
    private async ValueTask<PausedBy?> PauseAsync(OrgId org, CancellationToken cancel)
    {
        if ((await orgs.FindAsync(OrgId.All, cancel))?.Pause is { } all)
        {
            return new("all orgs", all);
        }

        return (await orgs.FindAsync(org, cancel))?.Pause is { } own ? new("this org", own) : null;
    }

    private static ProblemException NotFound() => new(new Problem(ProblemKinds.NotFound, "There is no delivery with this id."));

    private static void WriteAttempts(Utf8JsonWriter json, (StoredDelivery Delivery, IReadOnlyList<StoredAttempt> Attempts) stored)
    {
        json.WriteStartObject();
        var state = stored.Delivery.State;
        json.WriteString("delivery_id", state.Id.Value);
        json.WriteString("status", state.Status.Name());
        if (stored.Attempts.Count == 0 && state.LastAttemptNo == 0 && (state.Status.IsWaiting() || state.Status == DeliveryStatus.Scheduled))
        {
            AttemptJson.WriteScheduled(json);
        }
        else
        {
            AttemptJson.WriteAll(json, stored.Attempts);
        }

        json.WriteEndObject();
    }

    private static void WriteTimeline(Utf8JsonWriter json, Timeline timeline)
    {
        var (state, verdict) = (timeline.Delivery.State, timeline.Verdict);
        json.WriteStartObject();
        json.WriteString("delivery_id", state.Id.Value);
        json.WriteString("status", state.Status.Name());
        json.WriteString("verdict_code", verdict.Code);
        json.WriteString("verdict", verdict.Words);
        json.WriteStartArray("events");
        foreach (var entry in timeline.Events)
        {
            json.WriteStartObject();
            json.WriteString("at", entry.At.ToString());
            json.WriteString("event", entry.Event);
            json.WriteString("status", entry.Status.Name());
            EmailJson.WriteOptional(json, "detail", entry.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        AttemptJson.WriteAll(json, timeline.Attempts);
        json.WriteEndObject();
    }

    private sealed record Timeline(StoredDelivery Delivery, IReadOnlyList<TimelineEntry> Events, IReadOnlyList<StoredAttempt> Attempts, Verdict Verdict);
}
