using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>Attempts as operators see them, each with the provider's reply (C31).</summary>
internal static class AttemptJson
{
    /// <summary>What there is of an attempt only once it has begun or ended.</summary>
    private static readonly string[] OnceBegun =
    [
        "started_at", "ended_at", "duration_ms", "provider", "reason", "reply_code", "enhanced_code", "provider_summary", "remote_host", "provider_message_id",
        "conversation",
    ];

    public static void WriteAll(Utf8JsonWriter json, IReadOnlyList<StoredAttempt> attempts)
    {
        json.WriteStartArray("attempts");
        foreach (var attempt in attempts)
        {
            Write(json, attempt);
        }

        json.WriteEndArray();
    }

    /// <summary>A delivery has its first attempt from the moment that it was accepted (D36): it is <c>scheduled</c> until it begins.</summary>
    public static void WriteScheduled(Utf8JsonWriter json)
    {
        json.WriteStartArray("attempts");
        json.WriteStartObject();
        json.WriteNumber("attempt_no", 1);
        json.WriteString("status", AttemptStatus.Scheduled.Name());
        json.WriteBoolean("counted", false);
        foreach (var name in OnceBegun)
        {
            json.WriteNull(name);
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, StoredAttempt attempt)
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

        EmailJson.WriteOptional(json, "provider", attempt.Provider);
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
}
