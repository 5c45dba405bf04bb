using System.Text;
using Mailroom.Actors.Streams;
using Mailroom.Api.Stream;

namespace Mailroom.Api.Tests.Stream;

/// <summary>What the stream's parser takes and what it refuses, by field.</summary>
public sealed class CommandParserTests
{
    [Fact]
    [Trait("Requirement", "D38")]
    [Trait("Requirement", "D01")]
    public void A_rendered_command_is_a_mail_with_its_subject_and_bodies_unchanged()
    {
        var mail = Commands.Mail(Commands.With(
            Commands.Rendered, "payload_json",
            """{"to":["Ada <ada@example.com>"],"cc":["c@example.com"],"bcc":["b@example.com"],"reply_to":["r@example.com"],"subject":"  Über {{x}}  ","text_body":"a\r\n\n b\t","html_body":"<p>{{y}}</p>\n","attachments":[{"filename":"a.txt","content_type":"text/plain","content_base64":"aGk="}]}"""));

        (mail.Id!.Value.Value, mail.Source, mail.Org.Value, mail.IdempotencyKey).ShouldBe(("mail-1", "notification", "org_default", "notification:mail-1"));
        mail.Request.From.ShouldBe(Commands.From);
        mail.Request.To.ShouldBe([new("ada@example.com", "Ada")]);
        (mail.Request.Cc[0].Address, mail.Request.Bcc[0].Address, mail.Request.ReplyTo[0].Address).ShouldBe(("c@example.com", "b@example.com", "r@example.com"));
        (mail.Request.Subject, mail.Request.Text, mail.Request.Html).ShouldBe(("  Über {{x}}  ", "a\r\n\n b\t", "<p>{{y}}</p>\n"));
        mail.Request.Template.ShouldBeNull();
        var file = mail.Request.Attachments.ShouldHaveSingleItem();
        (file.FileName, file.ContentType, Encoding.ASCII.GetString(file.Content.Span)).ShouldBe(("a.txt", "text/plain", "hi"));
    }

    [Fact]
    [Trait("Requirement", "D37")]
    public void A_template_command_names_its_template_locale_and_variables()
    {
        var template = Commands.Mail(Commands.Template).Request.Template.ShouldNotBeNull();
        (template.Id, template.Locale, template.Variables.GetProperty("name").GetString()).ShouldBe(("welcome", "fr-FR", "Ada"));
    }

    [Fact]
    public void Any_of_the_recipients_will_do() =>
        Commands.Mail(Commands.With(Commands.Rendered, "payload_json", """{"bcc":["b@example.com"],"subject":"s","html_body":"h"}""")).Request.RecipientCount.ShouldBe(1);

    /// <summary>A field of the entry, what it becomes (null: it is taken out), the code.</summary>
    public static TheoryData<string, string?, string> WrongFields()
    {
        var data = new TheoryData<string, string?, string>();
        foreach (var field in new[] { "delivery_id", "source", "payload_mode", "idempotency_key", "requested_at_ms", "payload_json" })
        {
            data.Add(field, null, "invalid_command");
            data.Add(field, "", field == "payload_json" ? "invalid_payload" : "invalid_command");
            data.Add(field, "a\nb", field == "payload_json" ? "invalid_payload" : "invalid_command");
            data.Add(field, "a\0b", field == "payload_json" ? "invalid_payload" : "invalid_command");
        }

        foreach (var id in new[] { "a b", "é", "a/b", "../x", new string('x', 129), new string('x', 100_000) })
        {
            data.Add("delivery_id", id, "invalid_command");
        }

        foreach (var source in new[] { "Notification", "api", "authsession", "operator_resend", "notification " })
        {
            data.Add("source", source, "invalid_command");
        }

        foreach (var mode in new[] { "Rendered", "raw", "rendered,template" })
        {
            data.Add("payload_mode", mode, "invalid_command");
        }

        foreach (var key in new[] { new string('k', 257), "é", "a\tb" })
        {
            data.Add("idempotency_key", key, "invalid_command");
        }

        foreach (var time in new[] { "-1", "+1", "1.5", " 1", "1e3", "0x10", "٣", "1767225600000000" })
        {
            data.Add("requested_at_ms", time, "invalid_command");
        }

        data.Add("request_id", new string('r', 257), "invalid_command");
        data.Add("trace_id", "a\r\nb", "invalid_command");
        data.Add("unknown_field", "x", "invalid_command");
        data.Add("Delivery_id", "x", "invalid_command");
        foreach (var json in new[] { "null", "[]", "1", "\"x\"", "{", "{}{}", "{\"to\":[\"a@example.com\"],}", "{} x", "{'to':1}", "{/**/}", "{\"\\ud800\":1}", new string('[', 1000) })
        {
            data.Add("payload_json", json, "invalid_payload");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(WrongFields))]
    [Trait("Requirement", "C49")]
    public void A_wrong_field_refuses_the_command_and_is_named(string field, string? value, string code)
    {
        var failure = Commands.Failure(Commands.With(Commands.Rendered, field, value));
        failure.Code.ShouldBe(code);
        failure.Message.ShouldStartWith(field);
        failure.Message.Length.ShouldBeLessThanOrEqualTo(CommandFailure.LongestMessage);
    }

    /// <summary>A member of the payload, its JSON (null: it is taken out), the code, the field at fault where it is another.</summary>
    public static TheoryData<string, string, string?, string, string?> WrongMembers()
    {
        var data = new TheoryData<string, string, string?, string, string?>();
        foreach (var field in new[] { "to", "cc", "bcc", "reply_to" })
        {
            foreach (var wrong in new[] { "1", "true", "{}", "\"a@example.com\"", "[1]", "[null]", "[\"no-at\"]", "[\"a@b\\r\\nBcc: x@example.com\"]", "[\"a@example.com\",\"\"]", "[[\"a@example.com\"]]" })
            {
                data.Add("rendered", field, wrong, "invalid_envelope", null);
                data.Add("template", field, wrong, "invalid_envelope", null);
            }
        }

        data.Add("rendered", "to", null, "invalid_envelope", null);
        data.Add("rendered", "to", "[]", "invalid_envelope", null);
        data.Add("rendered", "to", "null", "invalid_envelope", null);
        data.Add("rendered", "cc", Array(50, "\"a@example.com\""), "invalid_envelope", "to");
        data.Add("rendered", "reply_to", Array(26, "\"a@example.com\""), "invalid_envelope", null);
        foreach (var wrong in new[] { null, "null", "\"\"", "1", "{}", "\"a\\nb\"", "\"a\\u0000b\"", "\"\\ud800\"", $"\"{new string('s', 4097)}\"" })
        {
            data.Add("rendered", "subject", wrong, "invalid_payload", null);
        }

        foreach (var wrong in new[] { null, "null", "\"\"", "1", "[]", "\"a\\u0000b\"", "\"\\ud800\"" })
        {
            data.Add("rendered", "text_body", wrong, "invalid_payload", null);
        }

        data.Add("rendered", "html_body", "1", "invalid_payload", null);
        foreach (var field in new[] { "template_id", "locale", "variables", "from", "headers", "text", "To", "__proto__" })
        {
            data.Add("rendered", field, "{}", "invalid_payload", null);
        }

        foreach (var field in new[] { "subject", "text_body", "html_body" })
        {
            data.Add("template", field, "\"x\"", "invalid_payload", null);
        }

        foreach (var wrong in new[] { null, "null", "1", "\"\"", "{}", $"\"{new string('t', 129)}\"" })
        {
            data.Add("template", "template_id", wrong, "invalid_payload", null);
        }

        data.Add("template", "template_id", "\"nowhere\"", "unknown_template", null);
        foreach (var wrong in new[] { null, "null", "1", "\"\"", "\"fr FR\"", "\"../en\"", $"\"{new string('l', 36)}\"" })
        {
            data.Add("template", "locale", wrong, "invalid_payload", null);
        }

        foreach (var wrong in new[] { "1", "[]", "\"x\"", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":2}}", "{\"a\":\"\\ud800\"}" })
        {
            data.Add("template", "variables", wrong, "invalid_payload", null);
        }

        const string File = "\"filename\":\"f\",\"content_type\":\"text/plain\",\"content_base64\":\"\"";
        foreach (var wrong in new[]
        {
            "1", "{}", "[1]", "[null]", "[{}]", "[{\"filename\":\"f\",\"content_type\":\"text/plain\"}]", "[{\"filename\":\"f\",\"content_base64\":\"\"}]",
            "[{\"content_type\":\"text/plain\",\"content_base64\":\"\"}]", $"[{{{File},\"path\":\"http://x\"}}]", $"[{{{File},\"content_id\":\"x\"}}]",
            "[{\"filename\":\"\",\"content_type\":\"text/plain\",\"content_base64\":\"\"}]", "[{\"filename\":\"a\\r\\nb\",\"content_type\":\"text/plain\",\"content_base64\":\"\"}]",
            "[{\"filename\":\"f\",\"content_type\":\"multipart/mixed\",\"content_base64\":\"\"}]", "[{\"filename\":\"f\",\"content_type\":null,\"content_base64\":\"\"}]",
            "[{\"filename\":\"f\",\"content_type\":\"text/plain\",\"content_base64\":\"%%%%\"}]", "[{\"filename\":\"f\",\"content_type\":\"text/plain\",\"content_base64\":[1]}]",
            Array(6, $"{{{File}}}"),
        })
        {
            data.Add("rendered", "attachments", wrong, "invalid_payload", null);
            data.Add("template", "attachments", wrong, "invalid_payload", null);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(WrongMembers))]
    [Trait("Requirement", "C49")]
    [Trait("Requirement", "D38")]
    public void A_wrong_member_of_the_payload_refuses_the_command_and_is_named(string mode, string member, string? json, string code, string? at)
    {
        var failure = Commands.Failure(Commands.WithMember(mode == "rendered" ? Commands.Rendered : Commands.Template, member, json));
        failure.Code.ShouldBe(code, failure.Message);
        failure.Message.ShouldStartWith("payload_json." + (at ?? member));
    }

    [Fact]
    public void A_member_or_a_field_given_twice_refuses_the_command()
    {
        Commands.Failure(Commands.With(Commands.Rendered, "payload_json", """{"to":["a@example.com"],"to":["b@example.com"],"subject":"s","text_body":"t"}"""))
            .Message.ShouldStartWith("payload_json.to is given twice");
        Commands.Failure(Commands.Rendered.Append(new("source", "notification"))).ShouldBe(new(CommandFailure.InvalidCommand, "source is given twice."));
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused_wherever_they_are()
    {
        foreach (var field in Commands.Rendered.Keys)
        {
            var fields = Commands.Rendered.Select(each => new StreamField(
                Encoding.UTF8.GetBytes(each.Key), each.Key == field ? new byte[] { (byte)'{', 0xC3, 0x28 } : Encoding.UTF8.GetBytes(each.Value)));
            var parsed = Commands.Parser.Parse(Commands.Entry([.. fields]));
            parsed.Failure!.Message.ShouldStartWith($"{field} is not valid UTF-8");
        }
    }

    [Fact]
    [Trait("Requirement", "D38")]
    public void Attachments_may_take_two_mebibytes_of_base64_and_not_four_characters_more()
    {
        static Dictionary<string, string> Command(int characters, char escape = 'A') => Commands.WithMember(
            Commands.Rendered, "attachments",
            $"[{File(1_000_000)},{File(characters - 1_000_000)}]".Replace("AAAA", escape == 'A' ? "AAAA" : @"\/AAA", StringComparison.Ordinal));
        static string File(int characters) => $$"""{"filename":"f","content_type":"text/plain","content_base64":"{{new string('A', characters)}}"}""";

        Commands.Mail(Command(2 * 1024 * 1024)).Request.Attachments[1].Content.Length.ShouldBe((2 * 1024 * 1024 - 1_000_000) / 4 * 3);
        Commands.Mail(Command(2 * 1024 * 1024, '/')).Request.Attachments.Count.ShouldBe(2);
        var failure = Commands.Failure(Command(2 * 1024 * 1024 + 4));
        failure.Code.ShouldBe(CommandFailure.TooLarge);
        failure.Message.ShouldStartWith("payload_json.attachments[1].content_base64 ");
    }

    [Fact]
    public void An_entry_past_the_bound_is_refused_unread()
    {
        var failure = Commands.Failure(Commands.With(Commands.Rendered, "payload_json", new string(' ', CommandLimits.EntryBytes)));
        failure.Code.ShouldBe(CommandFailure.TooLarge);
        Commands.Parser.Parse(Commands.Entry(Commands.Rendered) with { IsCut = true }).Failure!.Code.ShouldBe(CommandFailure.TooLarge);
        var parsed = Commands.Parse(Enumerable.Range(0, 10_000).Select(n => KeyValuePair.Create($"field{n}", "x")));
        parsed.Failure!.Message.ShouldStartWith("The entry has 10000 fields");
    }

    [Fact]
    [Trait("Requirement", "C47")]
    public void What_is_told_of_a_refused_entry_is_bounded_and_printable()
    {
        var parsed = Commands.Parse(Commands.With(Commands.With(Commands.Rendered, "delivery_id", "a\r\nb" + new string('x', 500)), "source", "s\u0000"));
        parsed.DeliveryId!.Length.ShouldBeLessThanOrEqualTo(128);
        parsed.DeliveryId.ShouldStartWith("a\uFFFD\uFFFDb");
        parsed.Source.ShouldBe("s\uFFFD");
        Commands.Parse([]).DeliveryId.ShouldBeNull();
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false)]
    [InlineData("nonsense", false)]
    [InlineData("", false)]
    public void A_traceparent_is_taken_where_it_is_one_and_never_refuses_a_mail(string value, bool isOne) =>
        Commands.Mail(Commands.With(Commands.Rendered, "traceparent", value)).TraceParent.ShouldBe(isOne ? value : null);

    public static TheoryData<string, string> SameContents => new()
    {
        { "request_id", "another" },
        { "trace_id", "another" },
        { "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
        { "payload_json", """ { "variables" : {"n":[1,2.5e3,true,null],"\u006eame":"\u0041da"}, "locale":"fr-FR", "template_id":"welcome", "cc":null, "to":["ada@example.com"] } """ },
    };

    [Theory]
    [MemberData(nameof(SameContents))]
    [Trait("Requirement", "D15")]
    public void The_same_command_has_the_same_fingerprint_however_it_is_written(string field, string value) =>
        Commands.Mail(Commands.With(Commands.Template, field, value)).Fingerprint.ShouldBe(Commands.Mail(Commands.Template).Fingerprint);

    public static TheoryData<string, string, string> OtherContents => new()
    {
        { "field", "delivery_id", "mail-2" },
        { "field", "requested_at_ms", "1767225600001" },
        { "member", "to", "[\"bob@example.com\"]" },
        { "member", "cc", "[\"bob@example.com\"]" },
        { "member", "bcc", "[\"bob@example.com\"]" },
        { "member", "reply_to", "[\"bob@example.com\"]" },
        { "member", "locale", "\"en\"" },
        { "member", "variables", "{\"name\":\"Ada\",\"n\":[1,2.5e3,true]}" },
        { "member", "variables", "{\"name\":\"Ada\",\"n\":[1,2.5e3,true,\"\"]}" },
        { "member", "attachments", "[{\"filename\":\"f\",\"content_type\":\"text/plain\",\"content_base64\":\"aGk=\"}]" },
    };

    [Theory]
    [MemberData(nameof(OtherContents))]
    [Trait("Requirement", "D15")]
    public void Another_command_has_another_fingerprint(string kind, string name, string value)
    {
        var other = kind == "field" ? Commands.With(Commands.Template, name, value) : Commands.WithMember(Commands.Template, name, value);
        Commands.Mail(other).Fingerprint.ShouldNotBe(Commands.Mail(Commands.Template).Fingerprint);
    }

    [Fact]
    public void Another_default_sender_does_not_make_a_repeat_another_command()
    {
        var other = new CommandParser(new Fakes.FakeTemplates(), new("other@example.test"), Mailroom.Actors.OrgId.Default);
        other.Parse(Commands.Entry(Commands.Rendered)).Mail!.Fingerprint.ShouldBe(Commands.Mail(Commands.Rendered).Fingerprint);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Nothing_that_an_entry_can_hold_makes_the_parser_throw(int seed)
    {
        var random = new Random(seed);
        for (var n = 0; n < 3000; n++)
        {
            var fields = (random.Next(2) == 0 ? Commands.Rendered : Commands.Template)
                .Select(each => new StreamField(Mutate(random, Encoding.UTF8.GetBytes(each.Key), 40), Mutate(random, Encoding.UTF8.GetBytes(each.Value), 3)));
            var parsed = Commands.Parser.Parse(Commands.Entry([.. fields]));
            (parsed.Mail is null).ShouldBe(parsed.Failure is not null);
        }
    }

    private static byte[] Mutate(Random random, byte[] bytes, int oneIn)
    {
        for (var change = random.Next(oneIn) == 0 ? random.Next(1, 4) : 0; change > 0 && bytes.Length > 0; change--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static string Array(int count, string item) => $"[{string.Join(',', Enumerable.Repeat(item, count))}]";
}
