using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>A mail as callers see it: Resend's members, and Mailroom's <c>status</c>, <c>attempts</c>, <c>expires_at</c> and <c>next_attempt_at</c> beside them.</summary>
internal static class EmailJson
{
    /// <summary>With its content.</summary>
    public static void Write(Utf8JsonWriter json, StoredDelivery email) => Write(json, email, withContent: true);

    public static void Write(Utf8JsonWriter json, StoredDelivery email, bool withContent)
    {
        var request = email.Request;
        var rendered = SecretContent.Shown(email);
        json.WriteStartObject();
        json.WriteString("object", "email");
        json.WriteString("id", email.State.Id.Value);
        WriteAddresses(json, "to", request.To, nullWhenEmpty: false);
        json.WriteString("from", MailboxText.Of(request.From));
        json.WriteString("created_at", email.State.CreatedAt.ToString());
        WriteOptional(json, "subject", request.Subject ?? rendered?.Subject);
        if (withContent)
        {
            WriteOptional(json, "html", request.Html ?? rendered?.Html);
            WriteOptional(json, "text", request.Text ?? rendered?.Text);
        }

        WriteAddresses(json, "bcc", request.Bcc, nullWhenEmpty: true);
        WriteAddresses(json, "cc", request.Cc, nullWhenEmpty: true);
        WriteAddresses(json, "reply_to", request.ReplyTo, nullWhenEmpty: true);
        json.WriteString("last_event", LastEvent.Of(email.State));
        WriteOptional(json, "scheduled_at", email.ScheduledAt?.ToString());
        WriteTags(json, request.Tags);
        json.WriteString("status", Status(email));
        json.WriteNumber("attempts", email.State.LastAttemptNo);
        WriteOptional(json, "next_attempt_at", email.State.Status.IsWaiting() ? email.State.DueAt?.ToString() : null);
        WriteOptional(json, "expires_at", email.State.ExpiresAt?.ToString());
        json.WriteEndObject();
    }

    public static string Status(StoredDelivery email) => Name(email.State.Status);

    public static string Name(DeliveryStatus status) => status.Name();

    public static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteAddresses(Utf8JsonWriter json, string name, IReadOnlyList<Mailbox> mailboxes, bool nullWhenEmpty)
    {
        if (mailboxes.Count == 0 && nullWhenEmpty)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (var mailbox in mailboxes)
        {
            json.WriteStringValue(MailboxText.Of(mailbox));
        }

        json.WriteEndArray();
    }

    private static void WriteTags(Utf8JsonWriter json, IReadOnlyList<MailTag> tags)
    {
        json.WriteStartArray("tags");
        foreach (var tag in tags)
        {
            json.WriteStartObject();
            json.WriteString("name", tag.Name);
            json.WriteString("value", tag.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
