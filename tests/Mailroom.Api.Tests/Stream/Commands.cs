using System.Text;
using System.Text.Json.Nodes;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Streams;
using Mailroom.Api.Stream;
using Mailroom.Api.Tests.Fakes;

namespace Mailroom.Api.Tests.Stream;

/// <summary>Commands that are right, to be made wrong in one way.</summary>
internal static class Commands
{
    public static readonly Mailbox From = new("mailroom@example.test", "Mailroom");

    public static readonly CommandParser Parser = new(new FakeTemplates(), From, OrgId.Default);

    public static Dictionary<string, string> Rendered => new()
    {
        ["delivery_id"] = "mail-1",
        ["source"] = "notification",
        ["payload_mode"] = "rendered",
        ["idempotency_key"] = "notification:mail-1",
        ["requested_at_ms"] = "1767225600000",
        ["payload_json"] = """{"to":["ada@example.com"],"subject":"Hello","text_body":"Hello there."}""",
    };

    public static Dictionary<string, string> Template => new(Rendered)
    {
        ["payload_mode"] = "template",
        ["payload_json"] = """{"to":["ada@example.com"],"template_id":"welcome","locale":"fr-FR","variables":{"name":"Ada","n":[1,2.5e3,true,null]}}""",
    };

    public static StreamEntry Entry(IEnumerable<KeyValuePair<string, string>> fields) => Entry(
        fields.Select(field => new StreamField(Encoding.UTF8.GetBytes(field.Key), Encoding.UTF8.GetBytes(field.Value))).ToArray());

    public static StreamEntry Entry(params StreamField[] fields) => new(new(1, 0), fields);

    public static ParsedCommand Parse(IEnumerable<KeyValuePair<string, string>> fields) => Parser.Parse(Entry(fields));

    public static NewDelivery Mail(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var parsed = Parse(fields);
        parsed.Failure.ShouldBeNull();
        return parsed.Mail.ShouldNotBeNull();
    }

    public static CommandFailure Failure(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var parsed = Parse(fields);
        parsed.Mail.ShouldBeNull();
        return parsed.Failure.ShouldNotBeNull();
    }

    /// <summary>The command with one field of the entry replaced, or taken out with null.</summary>
    public static Dictionary<string, string> With(Dictionary<string, string> command, string field, string? value)
    {
        var changed = new Dictionary<string, string>(command);
        if (value is null)
        {
            changed.Remove(field);
        }
        else
        {
            changed[field] = value;
        }

        return changed;
    }

    /// <summary>The command with one member of its payload replaced by this JSON, or taken out with null.</summary>
    public static Dictionary<string, string> WithMember(Dictionary<string, string> command, string member, string? json)
    {
        var payload = JsonNode.Parse(command["payload_json"])!.AsObject();
        payload.Remove(member);
        var text = payload.ToJsonString();
        return With(command, "payload_json", json is null ? text : $"{{\"{member}\":{json}{(payload.Count == 0 ? "" : ",")}{text[1..]}");
    }
}
