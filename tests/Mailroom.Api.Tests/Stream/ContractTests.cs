using System.Text.RegularExpressions;
using Mailroom.Actors.Streams;
using Mailroom.Api.Emails;
using Mailroom.Api.Stream;
using YamlDotNet.RepresentationModel;

namespace Mailroom.Api.Tests.Stream;

/// <summary>The contract file says what the parser does, and the parser does what the contract file says (C48).</summary>
[Trait("Requirement", "C48")]
public sealed partial class ContractTests : IAsyncLifetime
{
    private Edge _edge = null!;
    private YamlMappingNode _document = null!;
    private string _text = "";

    public async Task InitializeAsync()
    {
        _edge = await Edge.StartAsync();
        _text = (await _edge.GetAsync("/asyncapi.yaml", key: null)).Text;
        var yaml = new YamlStream();
        yaml.Load(new StringReader(_text));
        _document = (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public void It_is_asyncapi_3_and_every_reference_leads_somewhere()
    {
        Word(At(_document, "asyncapi")).ShouldStartWith("3.");
        var references = Reference().Matches(_text).Select(match => match.Groups[1].Value).Distinct().ToArray();
        references.Length.ShouldBeGreaterThan(5);
        foreach (var reference in references)
        {
            At(_document, reference.Split('/')).ShouldBeOfType<YamlMappingNode>(reference);
        }
    }

    [Fact]
    public void Its_stream_is_the_one_that_is_read_by_default() =>
        Word(At(_document, "channels", "deliveryCommands", "address")).ShouldBe("mail:delivery_commands");

    [Fact]
    public void Every_example_is_taken_and_both_modes_have_one()
    {
        var modes = Examples().Select(example =>
        {
            Commands.Mail(example);
            return example["payload_mode"];
        });
        modes.Distinct().ShouldBe(["rendered", "template"], ignoreOrder: true);
    }

    [Fact]
    public void The_fields_of_an_entry_are_exactly_those_that_the_parser_knows() =>
        Keys(Schema("Command", "properties")).ShouldBe(EntryFields.Names, ignoreOrder: true);

    [Fact]
    public void A_required_field_is_missed_and_another_one_is_not()
    {
        var required = Words(Schema("Command", "required"));
        foreach (var field in Keys(Schema("Command", "properties")))
        {
            foreach (var example in Examples())
            {
                var parsed = Commands.Parse(Commands.With(example, field, null));
                (parsed.Failure?.Message.StartsWith($"{field} is missing", StringComparison.Ordinal) == true).ShouldBe(required.Contains(field), field);
            }
        }
    }

    [Theory]
    [InlineData("RenderedPayload", "rendered")]
    [InlineData("TemplatePayload", "template")]
    public void A_payload_has_exactly_the_members_that_the_parser_knows_and_misses_what_is_required(string schema, string mode)
    {
        var command = mode == "rendered" ? Commands.Rendered : Commands.Template;
        var members = Keys(Schema(schema, "properties"));
        foreach (var member in members)
        {
            // A number is wrong for every member, and known ones say so.
            Commands.Failure(Commands.WithMember(command, member, "1")).Message.ShouldContain($"payload_json.{member} must be ");
        }

        var others = Keys(Schema(mode == "rendered" ? "TemplatePayload" : "RenderedPayload", "properties")).Except(members).Append("unknown");
        foreach (var member in others)
        {
            Commands.Failure(Commands.WithMember(command, member, "1")).Message.ShouldContain($"payload_json.{member} is not a ");
        }

        foreach (var member in Words(Schema(schema, "required")))
        {
            Commands.Failure(Commands.WithMember(command, member, null)).Message.ShouldStartWith($"payload_json.{member} is missing");
        }
    }

    [Fact]
    public void An_attachment_has_exactly_the_members_that_the_parser_knows_and_all_are_required()
    {
        var members = Keys(Schema("Attachments", "items", "properties"));
        members.ShouldBe(Words(Schema("Attachments", "items", "required")), ignoreOrder: true);
        var failure = Commands.Failure(Commands.WithMember(Commands.Rendered, "attachments", "[{}]"));
        foreach (var member in members)
        {
            Commands.Failure(Commands.WithMember(Commands.Rendered, "attachments", $"[{{\"{member}\":{{}}}}]")).Message.ShouldContain($"attachments[0].{member} must be ");
        }

        failure.Message.ShouldContain($"There are {members.Count - 1} more errors");
    }

    [Fact]
    public void Enumerations_are_those_of_the_parser()
    {
        Words(Schema("Command", "properties", "source", "enum")).ShouldBe([CommandParser.Source]);
        Words(Schema("Command", "properties", "payload_mode", "enum")).ShouldBe([CommandParser.Rendered, CommandParser.Template]);
        Words(Schema("FailureCode", "enum")).ShouldBe(
        [
            CommandFailure.InvalidCommand, CommandFailure.InvalidEnvelope, CommandFailure.InvalidPayload, CommandFailure.UnknownTemplate,
            CommandFailure.IdempotencyConflict, CommandFailure.TooLarge,
        ]);
    }

    [Fact]
    public void Limits_are_those_of_the_parser()
    {
        Number(Schema("Attachments", "maxItems")).ShouldBe(CommandLimits.Attachments);
        Number(Schema("Attachments", "items", "properties", "content_base64", "maxLength")).ShouldBe(CommandLimits.AttachmentCharacters);
        Word(Schema("Attachments", "description")).ShouldContain($" {CommandLimits.AttachmentCharacters} ");
        Number(Schema("Addresses", "maxItems")).ShouldBe(CommandLimits.Recipients);
        Number(Schema("ReplyAddresses", "maxItems")).ShouldBe(EmailLimits.ReplyTo);
        Word(Schema("Command", "description")).ShouldContain($" {CommandLimits.EntryBytes} bytes");
        Number(Schema("RenderedPayload", "properties", "subject", "maxLength")).ShouldBe(EmailLimits.SubjectLength);
        Number(Schema("Attachments", "items", "properties", "filename", "maxLength")).ShouldBe(EmailLimits.FileNameLength);
    }

    /// <summary>Every bound on the length of a string: at it the command is taken, past it not.</summary>
    [Fact]
    public void Strings_may_be_as_long_as_it_says_and_no_longer()
    {
        foreach (var field in new[] { "delivery_id", "idempotency_key", "requested_at_ms", "request_id", "trace_id" })
        {
            var most = Number(Schema("Command", "properties", field, "maxLength"));
            Commands.Mail(Commands.With(Commands.Rendered, field, new string('1', most)));
            Commands.Failure(Commands.With(Commands.Rendered, field, new string('1', most + 1))).Message.ShouldStartWith(field);
        }

        foreach (var member in new[] { "locale", "template_id" })
        {
            var most = Number(Schema("TemplatePayload", "properties", member, "maxLength"));
            Commands.Parse(Commands.WithMember(Commands.Template, member, $"\"{new string('a', most)}\"")).Failure?.Code.ShouldBe(CommandFailure.UnknownTemplate);
            Commands.Failure(Commands.WithMember(Commands.Template, member, $"\"{new string('a', most + 1)}\"")).Code.ShouldBe(CommandFailure.InvalidPayload);
        }
    }

    private IEnumerable<Dictionary<string, string>> Examples() =>
        from message in ((YamlMappingNode)At(_document, "components", "messages")).Children.Values
        from example in (YamlSequenceNode)At((YamlMappingNode)message, "examples")
        select ((YamlMappingNode)At((YamlMappingNode)example, "payload")).Children.ToDictionary(field => Word(field.Key), field => Word(field.Value));

    private YamlNode Schema(string name, params string[] path) => At(_document, ["components", "schemas", name, .. path]);

    private static YamlNode At(YamlMappingNode from, params string[] path) =>
        path.Aggregate((YamlNode)from, (node, name) => ((YamlMappingNode)node).Children[new YamlScalarNode(name)]);

    private static List<string> Keys(YamlNode node) => [.. ((YamlMappingNode)node).Children.Keys.Select(Word)];

    private static List<string> Words(YamlNode node) => [.. ((YamlSequenceNode)node).Select(Word)];

    private static string Word(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static int Number(YamlNode node) => int.Parse(Word(node), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\$ref: '#/([^']+)'")]
    private static partial Regex Reference();
}
