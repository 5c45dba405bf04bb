using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Kit;

/// <summary>Commands of three fields: <c>id</c>, <c>key</c> and <c>content</c>; an entry without an id is refused, one with <c>bug</c> throws, one with <c>odd</c> is a mail that cannot be encoded.</summary>
public sealed class ScriptedCommands : ICommandParser
{
    public const string Source = "notification";

    public ParsedCommand Parse(StreamEntry entry)
    {
        var fields = entry.Fields.ToDictionary(field => Encoding.UTF8.GetString(field.Name.Span), field => Encoding.UTF8.GetString(field.Value.Span));
        if (fields.ContainsKey("bug"))
        {
            throw new InvalidOperationException("The test gave the parser a bug.");
        }

        if (!fields.TryGetValue("id", out var id))
        {
            return new(null, new(CommandFailure.InvalidCommand, "id is missing."), null, Source);
        }

        var content = fields.GetValueOrDefault("content", "");
        var mail = new NewDelivery
        {
            Org = OrgId.Default,
            Source = Source,
            Id = new(id),
            Request = new() { From = new("from@example.test"), To = [new("to@example.test")], Subject = "Hello", Text = content, Template = fields.ContainsKey("odd") ? new("odd", null, default) : null },
            IdempotencyKey = fields.GetValueOrDefault("key", id),
            Fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(id + "\n" + content)),
        };
        return new(mail, null, id, Source);
    }
}
