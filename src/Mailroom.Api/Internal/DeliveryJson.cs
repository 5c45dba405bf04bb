using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Internal;

/// <summary>A delivery as operators see it: all that is stored but for the mail's content.</summary>
internal static class DeliveryJson
{
    public static void Write(Utf8JsonWriter json, (StoredDelivery Delivery, IReadOnlyList<StoredRecipient> Recipients) stored)
    {
        var (delivery, recipients) = stored;
        var state = delivery.State;
        json.WriteStartObject();
        json.WriteString("id", state.Id.Value);
        json.WriteString("org_id", state.Org.Value);
        json.WriteString("source", state.Source);
        json.WriteString("status", state.Status.Name());
        json.WriteString("created_at", state.CreatedAt.ToString());
        json.WriteString("updated_at", delivery.UpdatedAt.ToString());
        EmailJson.WriteOptional(json, "scheduled_at", delivery.ScheduledAt?.ToString());
        EmailJson.WriteOptional(json, "expires_at", state.ExpiresAt?.ToString());
        EmailJson.WriteOptional(json, "next_attempt_at", state.Status.IsWaiting() || state.Status == DeliveryStatus.Scheduled ? state.DueAt?.ToString() : null);
        json.WriteString("on_uncertain", Policy(state.OnUncertain));
        json.WriteNumber("attempts_made", state.AttemptsMade);
        json.WriteNumber("last_attempt_no", state.LastAttemptNo);
        EmailJson.WriteOptional(json, "last_attempt_status", state.LastAttempt?.Name());
        EmailJson.WriteOptional(json, "provider_reported", state.Reported?.Name());
        WriteClaim(json, state);
        json.WriteString("from", MailboxText.Of(delivery.Request.From));
        EmailJson.WriteOptional(json, "subject", delivery.Request.Subject ?? delivery.Rendered?.Subject);
        EmailJson.WriteOptional(json, "template_id", delivery.Request.Template?.Id);
        EmailJson.WriteOptional(json, "locale", delivery.Rendered?.Locale ?? delivery.Request.Template?.Locale);
        json.WriteBoolean("locale_fallback_used", delivery.Rendered?.LocaleFallbackUsed ?? false);
        json.WriteNumber("attachment_count", delivery.Request.Attachments.Count);
        WriteRecipients(json, recipients, state.Status);
        json.WriteEndObject();
    }

    public static void WriteAttempts(Utf8JsonWriter json, (StoredDelivery Delivery, IReadOnlyList<StoredAttempt> Attempts) stored)
    {
        json.WriteStartObject();
        json.WriteString("delivery_id", stored.Delivery.State.Id.Value);
        json.WriteString("status", stored.Delivery.State.Status.Name());
        json.WriteStartArray("attempts");
        foreach (var attempt in stored.Attempts)
        {
            WriteAttempt(json, attempt);
        }

        json.WriteEndArray();
        json.WriteEndObject();
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

    private static void WriteAttempt(Utf8JsonWriter json, StoredAttempt attempt)
    {
        json.WriteStartObject();
        json.WriteNumber("attempt_no", attempt.AttemptNo);
        json.WriteString("status", attempt.Status.Name());
        json.WriteBoolean("counted", attempt.Counted);
        json.WriteString("started_at", attempt.StartedAt.ToString());
        EmailJson.WriteOptional(json, "ended_at", attempt.EndedAt?.ToString());
        if (attempt.EndedAt is { } ended)
        {
            json.WriteNumber("duration_ms", (ended - attempt.StartedAt).TotalMilliseconds);
        }
        else
        {
            json.WriteNull("duration_ms");
        }

        EmailJson.WriteOptional(json, "reason", attempt.Reason);
        if (attempt.ReplyCode == 0)
        {
            json.WriteNull("reply_code");
        }
        else
        {
            json.WriteNumber("reply_code", attempt.ReplyCode);
        }

        EmailJson.WriteOptional(json, "enhanced_code", attempt.EnhancedCode);
        EmailJson.WriteOptional(json, "provider_summary", attempt.Summary);
        EmailJson.WriteOptional(json, "remote_host", attempt.RemoteHost);
        EmailJson.WriteOptional(json, "provider_message_id", attempt.ProviderMessageId);
        EmailJson.WriteOptional(json, "conversation", attempt.Conversation);
        json.WriteEndObject();
    }

    private static string Policy(UncertainPolicy policy) => policy switch
    {
        UncertainPolicy.Retry => "retry",
        UncertainPolicy.Hold => "hold",
        UncertainPolicy.Fail => "fail",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "Not a policy."),
    };

    private static string Name(RecipientStatus status) => status switch
    {
        RecipientStatus.Pending => "pending",
        RecipientStatus.Sent => "sent",
        RecipientStatus.Failed => "failed",
        RecipientStatus.Suppressed => "suppressed",
        RecipientStatus.Delivered => "delivered",
        RecipientStatus.Bounced => "bounced",
        RecipientStatus.Complained => "complained",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a recipient's status."),
    };
}
