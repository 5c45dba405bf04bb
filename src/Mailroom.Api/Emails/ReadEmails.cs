using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary>One mail and its timeline, for the org that it belongs to.</summary>
internal sealed class ReadEmails(IDeliveryStore deliveries, TimeProvider clock, TimeSpan timeout)
{
    public async Task OneAsync(HttpContext context, OrgId org)
    {
        using var reading = new ReadDeadline(context, timeout, clock);
        var email = await FindAsync(context, org, reading.Token);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, email, EmailJson.Write);
    }

    public async Task TimelineAsync(HttpContext context, OrgId org)
    {
        using var reading = new ReadDeadline(context, timeout, clock);
        var email = await FindAsync(context, org, reading.Token);
        var entries = await deliveries.TimelineAsync(email.State.Id, reading.Token);
        var attempts = await deliveries.AttemptsAsync(email.State.Id, reading.Token);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (email, entries, attempts), WriteTimeline);
    }

    /// <exception cref="ProblemException">There is none, or it belongs to another org: callers cannot tell the two apart.</exception>
    public async Task<StoredDelivery> FindAsync(HttpContext context, OrgId org, CancellationToken cancel)
    {
        var found = EmailRoutes.Id(context) is { } id ? await deliveries.FindAsync(org, id, cancel) : null;
        return found ?? throw new ProblemException(new Problem(ProblemKinds.NotFound, "There is no email with this id."));
    }

    /// <summary>Looks for the mail under the store's own deadline.</summary>
    public async Task<StoredDelivery> FindAsync(HttpContext context, OrgId org)
    {
        using var reading = new ReadDeadline(context, timeout, clock);
        return await FindAsync(context, org, reading.Token);
    }

    private static void WriteTimeline(
        Utf8JsonWriter json, (StoredDelivery Email, IReadOnlyList<TimelineEntry> Entries, IReadOnlyList<StoredAttempt> Attempts) timeline)
    {
        var verdict = Verdict.Of(timeline.Email.State, timeline.Attempts);
        json.WriteStartObject();
        json.WriteString("object", "timeline");
        json.WriteString("email_id", timeline.Email.State.Id.Value);
        json.WriteString("status", EmailJson.Status(timeline.Email));
        json.WriteString("verdict", verdict.Words);
        json.WriteString("verdict_code", verdict.Code);
        json.WriteStartArray("data");
        foreach (var entry in timeline.Entries)
        {
            json.WriteStartObject();
            json.WriteString("at", entry.At.ToString());
            json.WriteString("event", entry.Event);
            json.WriteString("status", EmailJson.Name(entry.Status));
            EmailJson.WriteOptional(json, "detail", entry.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
