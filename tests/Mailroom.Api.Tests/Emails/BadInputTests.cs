using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mailroom.Api.Tests.Emails;

/// <summary>Every field and every way in which it can be wrong: the answer names the field, and nothing is stored.</summary>
public sealed class BadInputTests(BadInputTests.SharedEdge shared) : IClassFixture<BadInputTests.SharedEdge>
{
    private Edge Edge => shared.Edge;

    [Fact]
    public async Task A_name_that_no_text_can_hold_is_a_fault_of_the_caller() =>
        (await Edge.SendAsync(HttpMethod.Post, "/api/v1/emails", "{\"\\ud800\":1}")).Status.ShouldBe(422);

    /// <summary>A valid mail with one member replaced: member, its JSON, status, code, the field at fault.</summary>
    public static TheoryData<string, string, int, string, string> WrongMembers()
    {
        var data = new TheoryData<string, string, int, string, string>();
        foreach (var wrong in new[] { "1", "true", "{}", "[]" })
        {
            data.Add("from", wrong, 422, "invalid_from_address", "from");
        }

        foreach (var address in BadAddresses)
        {
            data.Add("from", Quote(address), 422, "invalid_from_address", "from");
            foreach (var field in new[] { "to", "cc", "bcc", "reply_to" })
            {
                data.Add(field, Quote(address), 422, "validation_error", field);
                data.Add(field, $"[\"ok@example.com\",{Quote(address)}]", 422, "validation_error", field + "[1]");
            }
        }

        foreach (var field in new[] { "to", "cc", "bcc", "reply_to" })
        {
            foreach (var wrong in new[] { "1", "false", "{\"email\":\"a@example.com\"}" })
            {
                data.Add(field, wrong, 422, "validation_error", field);
                data.Add(field, $"[{wrong}]", 422, "validation_error", field + "[0]");
            }

            data.Add(field, "[null]", 422, "validation_error", field + "[0]");
        }

        foreach (var field in new[] { "subject", "html", "text", "scheduled_at", "expires_at", "on_uncertain" })
        {
            foreach (var wrong in new[] { "1", "true", "{}", "[\"x\"]" })
            {
                data.Add(field, wrong, 422, "validation_error", field);
            }

            data.Add(field, "\"\\ud800\"", 422, "validation_error", field);
        }

        foreach (var control in new[] { "\\r", "\\n", "\\u0000", "\\r\\nBcc: x@example.com", "\\u007f", "\\u0085" })
        {
            data.Add("subject", $"\"a{control}b\"", 422, "validation_error", "subject");
            data.Add("headers", $$"""{"X-A":"a{{control}}b"}""", 422, "validation_error", "headers.X-A");
            data.Add("tags", $$"""[{"name":"a{{control}}b","value":"v"}]""", 422, "validation_error", "tags[0].name");
            data.Add("tags", $$"""[{"name":"n","value":"a{{control}}b"}]""", 422, "validation_error", "tags[0].value");
            data.Add("attachments", $$"""[{"filename":"a{{control}}b","content":""}]""", 422, "validation_error", "attachments[0].filename");
            data.Add("attachments", $$"""[{"filename":"f","content":"","content_type":"text/plain{{control}}"}]""", 422, "validation_error", "attachments[0].content_type");
            data.Add("attachments", $$"""[{"filename":"f","content":"","content_id":"a{{control}}b"}]""", 422, "validation_error", "attachments[0].content_id");
            data.Add("scheduled_at", $"\"in 1 hour{control}\"", 422, "validation_error", "scheduled_at");
            data.Add("template", $$"""{"id":"welcome{{control}}"}""", 422, "validation_error", "template.id");
            data.Add("template", $$"""{"id":"welcome","locale":"en{{control}}"}""", 422, "validation_error", "template.locale");
        }

        data.Add("html", "\"a\\u0000b\"", 422, "validation_error", "html");
        data.Add("text", "\"a\\u0000b\"", 422, "validation_error", "text");
        data.Add("subject", Quote(new string('s', 4097)), 422, "validation_error", "subject");

        data.Add("headers", "[]", 422, "validation_error", "headers");
        data.Add("headers", "\"X-A: 1\"", 422, "validation_error", "headers");
        data.Add("headers", """{"X-A":1}""", 422, "validation_error", "headers.X-A");
        data.Add("headers", """{"X-A":null}""", 422, "validation_error", "headers.X-A");
        data.Add("headers", """{"":"v"}""", 422, "validation_error", "headers.");
        data.Add("headers", """{"X A":"v"}""", 422, "validation_error", "headers.X A");
        data.Add("headers", """{"X-A:":"v"}""", 422, "validation_error", "headers.X-A:");
        data.Add("headers", """{"X-A":"1","X-A":"2"}""", 422, "validation_error", "headers.X-A");
        data.Add("headers", """{"X-A\r\nBcc":"v"}""", 422, "validation_error", "headers.X-A\r\nBcc");
        data.Add("headers", """{"\ud800":"v"}""", 422, "validation_error", "headers.?");
        foreach (var reserved in new[] { "From", "to", "BCC", "Subject", "Date", "Message-ID", "Content-Type", "DKIM-Signature", "Received" })
        {
            data.Add("headers", $$"""{"{{reserved}}":"v"}""", 422, "validation_error", "headers." + reserved);
        }

        data.Add("attachments", "{}", 422, "invalid_attachment", "attachments");
        data.Add("attachments", "[1]", 422, "invalid_attachment", "attachments[0]");
        data.Add("attachments", """[{"filename":"f"}]""", 422, "missing_required_field", "attachments[0].content");
        data.Add("attachments", """[{"content":"aGk="}]""", 422, "missing_required_field", "attachments[0].filename");
        data.Add("attachments", """[{"filename":"","content":"aGk="}]""", 422, "invalid_attachment", "attachments[0].filename");
        data.Add("attachments", """[{"filename":"f","content":"aGk="},{"filename":"f","content":"not base64!"}]""", 422, "invalid_attachment", "attachments[1].content");
        data.Add("attachments", """[{"filename":"f","content":"aGk"}]""", 422, "invalid_attachment", "attachments[0].content");
        data.Add("attachments", """[{"filename":"f","content":1}]""", 422, "invalid_attachment", "attachments[0].content");
        data.Add("attachments", """[{"filename":"f","content":[256]}]""", 422, "invalid_attachment", "attachments[0].content");
        data.Add("attachments", """[{"filename":"f","content":[1.5,[[]],{}]}]""", 422, "invalid_attachment", "attachments[0].content");
        data.Add("attachments", """[{"filename":"f","content":{"type":"Buffer","data":[1]}}]""", 422, "invalid_attachment", "attachments[0].content");
        data.Add("attachments", """[{"filename":"f","path":"https://example.com/f.pdf"}]""", 422, "invalid_attachment", "attachments[0].path");
        data.Add("attachments", """[{"filename":"f","content":"aGk=","content_type":"nonsense"}]""", 422, "invalid_attachment", "attachments[0].content_type");
        data.Add("attachments", """[{"filename":"f","content":"aGk=","content_type":"multipart/mixed"}]""", 422, "invalid_attachment", "attachments[0].content_type");
        data.Add("attachments", """[{"filename":"f","content":"aGk=","content_id":"a b"}]""", 422, "invalid_attachment", "attachments[0].content_id");
        data.Add("attachments", """[{"filename":"f","content":"aGk=","content_id":"a","inline_content_id":"b"}]""", 422, "validation_error", "attachments[0].inline_content_id");
        data.Add("attachments", """[{"filename":"f","content":"aGk=","size":1}]""", 422, "invalid_attachment", "attachments[0].size");
        data.Add("attachments", """[{"filename":"f","filename":"g","content":"aGk="}]""", 422, "validation_error", "attachments[0].filename");

        data.Add("tags", "{}", 422, "validation_error", "tags");
        data.Add("tags", "[\"a\"]", 422, "validation_error", "tags[0]");
        data.Add("tags", """[{"name":"n"}]""", 422, "missing_required_field", "tags[0].value");
        data.Add("tags", """[{"value":"v"}]""", 422, "missing_required_field", "tags[0].name");
        data.Add("tags", """[{"name":"a b","value":"v"}]""", 422, "validation_error", "tags[0].name");
        data.Add("tags", """[{"name":"n","value":"é"}]""", 422, "validation_error", "tags[0].value");
        data.Add("tags", """[{"name":"n","value":"v","x":1}]""", 422, "validation_error", "tags[0].x");

        data.Add("template", "\"welcome\"", 422, "validation_error", "template");
        data.Add("template", """{"id":"nope"}""", 422, "unknown_template", "template.id");
        data.Add("template", """{"id":1}""", 422, "validation_error", "template.id");
        data.Add("template", """{"variables":{}}""", 422, "missing_required_field", "template.id");
        data.Add("template", """{"id":"welcome"}""", 422, "validation_error", "template");
        data.Add("template", """{"id":"welcome","variables":[]}""", 422, "validation_error", "template.variables");
        data.Add("template", """{"id":"welcome","variables":{"a":1,"a":2}}""", 422, "validation_error", "template.variables");
        data.Add("template", """{"id":"welcome","variables":{"a":{"b":1,"b":2}}}""", 422, "validation_error", "template.variables");
        data.Add("template", """{"id":"welcome","variables":{"a":"\ud800"}}""", 422, "validation_error", "template.variables");
        data.Add("template", """{"id":"welcome","locale":"../etc"}""", 422, "validation_error", "template.locale");
        data.Add("template", """{"id":"welcome","version":1}""", 422, "validation_error", "template.version");

        foreach (var time in new[] { "tomorrow at 9am", "2036-01-02", "2036-01-02T03:04:05", "2036-13-02T03:04:05Z", "in -1 hours", "in 1 fortnight", "in 999999 days", "9999-01-01T00:00:00Z", "" })
        {
            data.Add("scheduled_at", Quote(time), 422, "validation_error", "scheduled_at");
        }

        foreach (var time in new[] { "in 1 hour", "2001-01-01T00:00:00Z", "2036-01-02T03:04:05" })
        {
            data.Add("expires_at", Quote(time), 422, "validation_error", "expires_at");
        }

        data.Add("on_uncertain", "\"maybe\"", 422, "validation_error", "on_uncertain");
        data.Add("unknown_field", "1", 422, "validation_error", "unknown_field");
        data.Add("replyTo", "\"a@example.com\"", 422, "validation_error", "replyTo");
        data.Add("topic_id", "\"x\"", 422, "validation_error", "topic_id");
        return data;
    }

    [Theory]
    [MemberData(nameof(WrongMembers))]
    public async Task A_wrong_field_is_named(string member, string value, int status, string code, string field)
    {
        var mail = new Dictionary<string, string>
        {
            ["from"] = "\"a@example.com\"",
            ["to"] = "\"b@example.com\"",
            ["subject"] = "\"s\"",
            ["text"] = "\"t\"",
            [member] = value,
        };
        await RefusedAsync("{" + string.Join(',', mail.Select(m => $"\"{m.Key}\":{m.Value}")) + "}", status, code, field);
    }

    [Theory]
    [InlineData("from", "missing_required_field")]
    [InlineData("to", "missing_required_field")]
    [InlineData("subject", "missing_required_field")]
    [InlineData("text", "missing_required_field")]
    public async Task A_missing_field_is_named(string field, string code)
    {
        var mail = JsonNode.Parse(Mails.Simple)!.AsObject();
        mail.Remove(field);
        await RefusedAsync(mail.ToJsonString(), 422, code, field);
        mail[field] = null;
        await RefusedAsync(mail.ToJsonString(), 422, code, field);
        mail[field] = field == "to" ? new JsonArray() : "";
        if (field is not ("from" or "to"))
        {
            await RefusedAsync(mail.ToJsonString(), 422, code, field);
        }
    }

    [Fact]
    public async Task A_field_given_twice_is_refused_however_it_is_spelled()
    {
        await RefusedAsync(Mails.Simple.Replace("{", "{\"to\":\"x@example.com\",", StringComparison.Ordinal), 422, "validation_error", "to");
        await RefusedAsync(Mails.Simple.Replace("{", "{\"t\\u006f\":\"x@example.com\",", StringComparison.Ordinal), 422, "validation_error", "to");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{\"from\":")]
    [InlineData("{\"from\":\"a@example.com\",}")]
    [InlineData("{} {}")]
    [InlineData("{}x")]
    [InlineData("// comment\n{}")]
    [InlineData("{'from':'x'}")]
    [InlineData("{\"from\":nul}")]
    [InlineData("\ufeff{}")]
    [InlineData("{\"a\u0001\":1}")]
    public async Task Broken_json_is_400(string body) => await RefusedAsync(body, 400, "invalid_json");

    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("1")]
    public async Task Json_that_is_no_object_is_422(string body) => await RefusedAsync(body, 422, "validation_error", "");

    [Fact]
    public async Task Deeply_nested_json_is_refused()
    {
        var deep = new string('[', 5000) + new string(']', 5000);
        await RefusedAsync($$"""{"x":{{deep}}}""", 400, "invalid_json");
        await RefusedAsync("{\"template\":{\"id\":\"welcome\",\"variables\":{\"a\":" + deep + "}}}", 400, "invalid_json");
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        byte[] body = [.. "{\"from\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        var before = Edge.Mailroom.Asked.Count;
        var answer = await Edge.SendAsync(HttpMethod.Post, "/api/v1/emails", "", change: request =>
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        });

        answer.ShouldBeProblem(400, "invalid_json");
        Edge.Mailroom.Asked.Count.ShouldBe(before);
    }

    [Theory]
    [InlineData("to", 51, "to")]
    [InlineData("cc", 50, "cc")]
    [InlineData("bcc", 50, "bcc")]
    [InlineData("reply_to", 26, "reply_to")]
    public async Task Too_many_addresses_are_refused(string field, int count, string at)
    {
        var mail = JsonNode.Parse(Mails.Simple)!.AsObject();
        mail[field] = new JsonArray([.. Enumerable.Range(0, count).Select(i => JsonValue.Create($"u{i}@example.com"))]);
        await RefusedAsync(mail.ToJsonString(), 422, "validation_error", at);
    }

    [Fact]
    public async Task Fifty_recipients_over_all_fields_are_accepted()
    {
        var mail = JsonNode.Parse(Mails.Simple)!.AsObject();
        mail["to"] = Addresses(0, 20);
        mail["cc"] = Addresses(20, 20);
        mail["bcc"] = Addresses(40, 10);
        (await Edge.PostAsync(mail.ToJsonString())).Status.ShouldBe(202);

        static JsonArray Addresses(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (JsonNode)$"u{i}@example.com")];
    }

    [Theory]
    [InlineData(100, 202)]
    [InlineData(101, 422)]
    public async Task A_hundred_headers_are_the_most(int count, int status)
    {
        var mail = JsonNode.Parse(Mails.Simple)!.AsObject();
        mail["headers"] = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"X-{i}", (JsonNode?)"v")));
        (await Edge.PostAsync(mail.ToJsonString())).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Many_faults_are_told_at_once()
    {
        var answer = await Edge.PostAsync("""{"from":"x","to":["y"],"subject":"a\nb","text":1,"bogus":2}""");

        answer.ShouldBeProblem(422, "invalid_from_address");
        answer.Fields.ShouldBe(["from", "to[0]", "subject", "text", "bogus"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_flood_of_faults_gives_a_short_answer()
    {
        var members = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"bogus{i}\":1"));
        var answer = await Edge.PostAsync("{" + members + "}");

        answer.ShouldBeProblem(422, "validation_error");
        answer.Fields.Length.ShouldBe(32);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/jsonp")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Another_content_type_is_415(string? type)
    {
        foreach (var path in new[] { "/api/v1/emails", "/api/v1/emails/batch" })
        {
            var answer = await Edge.SendAsync(HttpMethod.Post, path, Mails.Simple, change: request =>
            {
                request.Content!.Headers.Remove("Content-Type");
                if (type is not null)
                {
                    request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                }
            });
            answer.ShouldBeProblem(415, "unsupported_media_type");
        }
    }

    [Fact]
    public async Task A_compressed_body_is_415()
    {
        var answer = await Edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, change: request => request.Content!.Headers.ContentEncoding.Add("gzip"));
        answer.ShouldBeProblem(415, "unsupported_media_type");
    }

    [Fact]
    public async Task Random_damage_to_a_mail_is_never_our_fault()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        var whole = Encoding.UTF8.GetBytes("""
            {"from":"A <a@example.com>","to":["b@example.com"],"subject":"s","html":"<p>","headers":{"X-A":"1"},"tags":[{"name":"n","value":"v"}],
            "attachments":[{"filename":"f","content":"aGk="}],"scheduled_at":"in 1 hour","template":null}
            """);
        for (var round = 0; round < 1500; round++)
        {
            var body = (byte[])whole.Clone();
            for (var hits = random.Next(1, 4); hits > 0; hits--)
            {
                body[random.Next(body.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"{}[]\",:\\u0 "[random.Next(11)];
            }

            var answer = await Edge.SendAsync(HttpMethod.Post, "/api/v1/emails", "", change: request =>
            {
                request.Content = new ByteArrayContent(body, 0, random.Next(8) == 0 ? random.Next(body.Length) : body.Length);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            });
            answer.Status.ShouldBeOneOf([202, 400, 422], $"seed {Seed}, round {round}: {Encoding.Latin1.GetString(body)} gave {answer.Text}");
        }
    }

    private static readonly string[] BadAddresses =
    [
        "", " ", "plain", "@example.com", "a@", "a@@example.com", "a b@example.com", "a@exam ple.com", "a@example.com, b@example.com", "A <a@example.com",
        "a@example.com\r\nBcc: x@example.com", "a\nb@example.com", "a\u0000@example.com", "N\r\n <a@example.com>", "a@-example.com", "a@example..com",
    ];

    private async Task RefusedAsync(string body, int status, string code, string? field = null)
    {
        var before = Edge.Mailroom.Asked.Count;
        var answer = await Edge.PostAsync(body);

        answer.ShouldBeProblem(status, code);
        if (field is not null)
        {
            answer.Fields.ShouldContain(field, answer.Text);
        }

        Edge.Mailroom.Asked.Count.ShouldBe(before);
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);

    public sealed class SharedEdge : IAsyncLifetime
    {
        public Edge Edge { get; private set; } = null!;

        public async Task InitializeAsync() => Edge = await Edge.StartAsync();

        public async Task DisposeAsync() => await Edge.DisposeAsync();
    }
}
