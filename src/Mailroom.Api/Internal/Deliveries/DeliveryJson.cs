using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>A delivery with what is read beside it.</summary>
internal sealed record ShownDelivery(StoredDelivery Delivery, IReadOnlyList<StoredRecipient> Recipients, IReadOnlyList<DeliveryId> Repeats);

/// <summary>A delivery as operators see it: all that is stored but for the mail's content.</summary>
internal static class DeliveryJson
{
    public static void Write(Utf8JsonWriter json, ShownDelivery shown)
    {
        var (delivery, recipients, repeats) = shown;
        var state = delivery.State;
        json.WriteStartObject();
        WriteHead(json, delivery);
        EmailJson.WriteOptional(json, "scheduled_at", delivery.ScheduledAt?.ToString());
        json.WriteString("on_uncertain", UncertainPolicies.Name(state.OnUncertain));
        EmailJson.WriteOptional(json, "provider_reported", state.Reported?.Name());
        WriteClaim(json, state);
        EmailJson.WriteOptional(json, "trace_parent", state.TraceParent);
        EmailJson.WriteOptional(json, "locale", delivery.Rendered?.Locale ?? delivery.Request.Template?.Locale);
        json.WriteBoolean("locale_fallback_used", delivery.Rendered?.LocaleFallbackUsed ?? false);
        json.WriteNumber("attachment_count", delivery.Request.Attachments.Count);
        WriteRecipients(json, recipients, state.Status);
        json.WriteStartArray("repeats");
        foreach (var repeat in repeats)
        {
            json.WriteStringValue(repeat.Value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>As a listing shows it.</summary>
    public static void WriteSummary(Utf8JsonWriter json, StoredDelivery delivery)
    {
        json.WriteStartObject();
        WriteHead(json, delivery);
        var request = delivery.Request;
        json.WriteNumber("recipient_count", request.RecipientCount);
        json.WriteStartArray("to");
        foreach (var to in request.To)
        {
            json.WriteStringValue(to.Address);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, StoredDelivery delivery)
    {
        var state = delivery.State;
        json.WriteString("id", state.Id.Value);
        json.WriteString("org_id", state.Org.Value);
        json.WriteString("source", state.Source);
        json.WriteString("status", state.Status.Name());
        json.WriteBoolean("urgent", state.Urgent);
        EmailJson.WriteOptional(json, "parent_id", state.Parent?.Value);
        json.WriteString("created_at", state.CreatedAt.ToString());
        json.WriteString("updated_at", delivery.UpdatedAt.ToString());
        EmailJson.WriteOptional(json, "expires_at", state.ExpiresAt?.ToString());
        EmailJson.WriteOptional(json, "next_attempt_at", state.Status.IsWaiting() || state.Status == DeliveryStatus.Scheduled ? state.DueAt?.ToString() : null);
        json.WriteNumber("attempts_made", state.AttemptsMade);
        json.WriteNumber("last_attempt_no", state.LastAttemptNo);
        EmailJson.WriteOptional(json, "last_attempt_status", state.LastAttempt?.Name());
        json.WriteString("from", MailboxText.Of(delivery.Request.From));
        EmailJson.WriteOptional(json, "subject", delivery.Request.Subject ?? SecretContent.Shown(delivery)?.Subject);
        EmailJson.WriteOptional(json, "template_id", delivery.Request.Template?.Id);
    }

    private static void WriteClaim(Utf8JsonWriter json, DeliveryState state)
    {
        if (state.Claim is not { } claim)
        {
            json.WriteNull("claim");
            return;
        }

        json.WriteStartObject("claim");
        json.WriteBoolean("is_held", state.Status == DeliveryStatus.Sending);
        json.WriteNumber("incarnation", claim.Token.Incarnation);
        json.WriteNumber("sequence", claim.Token.Sequence);
        json.WriteString("claimed_at", state.ClaimedAt.ToString());
        json.WriteString("deadline", claim.Deadline.ToString());
        json.WriteEndObject();
    }

    private static void WriteRecipients(Utf8JsonWriter json, IReadOnlyList<StoredRecipient> recipients, DeliveryStatus shared)
    {
        json.WriteStartArray("recipients");
        foreach (var recipient in recipients)
        {
            json.WriteStartObject();
            json.WriteNumber("position", recipient.Position);
            json.WriteString("kind", recipient.Kind);
            json.WriteString("address", recipient.Address);
            json.WriteString("status", recipient.Status is { } own ? Name(own) : shared.Name());
            EmailJson.WriteOptional(json, "detail", recipient.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Name(RecipientStatus status) => status switch
    {
        RecipientStatus.Pending => "pending",
        RecipientStatus.Sent => "sent",
        RecipientStatus.Failed => "failed",
        RecipientStatus.Suppressed => "suppressed",
        RecipientStatus.Delivered => "delivered",
        RecipientStatus.Bounced => "bounced",
        RecipientStatus.Complained => "complained",
        RecipientStatus.Uncertain => "uncertain",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a recipient's status."),
    };
}
