using System.Text.Json;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Internal.Orgs;

/// <summary>An org as operators see it.</summary>
internal static class OrgJson
{
    public static void Write(Utf8JsonWriter json, OrgState org)
    {
        json.WriteStartObject();
        json.WriteString("id", org.Id.Value);
        json.WriteString("name", org.Name);
        WriteRps(json, "rps", org.Rps);
        EmailJson.WriteOptional(json, "on_uncertain", org.OnUncertain is { } policy ? UncertainPolicies.Name(policy) : null);
        json.WriteString("created_at", org.CreatedAt.ToString());
        json.WriteString("updated_at", org.UpdatedAt.ToString());
        json.WritePropertyName("outbound");
        WriteOutbound(json, org);
        EmailJson.WriteOptional(json, "provider_hold_until", org.HoldUntil?.ToString());
        json.WriteEndObject();
    }

    /// <summary>Whether outbound mail goes on, and who stopped it, why and when.</summary>
    public static void WriteOutbound(Utf8JsonWriter json, OrgState org)
    {
        json.WriteStartObject();
        json.WriteBoolean("paused", org.Pause is not null);
        EmailJson.WriteOptional(json, "by", org.Pause?.By);
        EmailJson.WriteOptional(json, "reason", org.Pause?.Reason);
        EmailJson.WriteOptional(json, "since", org.Pause?.Since.ToString());
        json.WriteEndObject();
    }

    public static void WriteRps(Utf8JsonWriter json, string name, int? rps)
    {
        if (rps is { } limit)
        {
            json.WriteNumber(name, limit);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
