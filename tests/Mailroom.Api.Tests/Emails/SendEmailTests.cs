using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Emails;

public sealed class SendEmailTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task A_mail_is_accepted_with_202_and_its_id()
    {
        var answer = await _edge.PostAsync(Mails.Simple);

        answer.Status.ShouldBe(202);
        answer.Type!.MediaType.ShouldBe("application/json");
        answer.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
        var id = answer.Json.GetProperty("id").GetString()!;
        id.ShouldStartWith("em_");
        answer.Text.ShouldBe($$"""{"id":"{{id}}"}""");
        _edge.Mailroom.RequestOf(id).To.ShouldBe([new Mailbox("b@example.com")]);
    }

    [Fact]
    public async Task Every_field_reaches_the_core()
    {
        var id = await _edge.AcceptAsync("""
            {
              "from": "Ann <ann@example.com>", "to": ["b@example.com", "\"B, C\" <bc@example.com>"], "cc": "cc@example.com", "bcc": ["bcc@example.com"],
              "reply_to": ["r1@example.com", "r2@example.com"], "subject": "Grüße", "html": "<b>Hi</b>", "text": "Hi\r\nthere",
              "headers": {"X-One": "1", "List-Unsubscribe": "<https://example.com/u>"},
              "attachments": [
                {"filename": "a.txt", "content": "aGVsbG8=", "content_type": "text/plain"},
                {"filename": "b.png", "content": [104, 105], "inline_content_id": "<logo>"}
              ],
              "tags": [{"name": "kind", "value": "greeting"}], "scheduled_at": "LATER",
              "expires_at": "STILL_LATER", "on_uncertain": "hold"
            }
            """.Replace("STILL_LATER", $"{Later.AddHours(1):O}", StringComparison.Ordinal).Replace("LATER", $"{Later:O}", StringComparison.Ordinal));

        var mail = _edge.Mailroom.Asked.ShouldHaveSingleItem();
        mail.Org.ShouldBe(OrgId.Default);
        mail.Source.ShouldBe("api");
        mail.ScheduledAt.ShouldBe(Instant.From(Later));
        mail.ExpiresAt.ShouldBe(Instant.From(Later.AddHours(1)));
        mail.OnUncertain.ShouldBe(UncertainPolicy.Hold);
        var request = _edge.Mailroom.RequestOf(id);
        request.From.ShouldBe(new Mailbox("ann@example.com", "Ann"));
        request.To.ShouldBe([new Mailbox("b@example.com"), new Mailbox("bc@example.com", "B, C")]);
        request.Cc.ShouldBe([new Mailbox("cc@example.com")]);
        request.Bcc.ShouldBe([new Mailbox("bcc@example.com")]);
        request.ReplyTo.Select(r => r.Address).ShouldBe(["r1@example.com", "r2@example.com"]);
        request.Subject.ShouldBe("Grüße");
        request.Html.ShouldBe("<b>Hi</b>");
        request.Text.ShouldBe("Hi\r\nthere");
        request.Headers.ShouldBe([new MailHeader("X-One", "1"), new MailHeader("List-Unsubscribe", "<https://example.com/u>")]);
        request.Tags.ShouldBe([new MailTag("kind", "greeting")]);
        request.Attachments.Select(a => (a.FileName, a.ContentType, a.ContentId, Encoding.UTF8.GetString(a.Content.Span)))
            .ShouldBe([("a.txt", "text/plain", null, "hello"), ("b.png", null, "logo", "hi")]);
    }

    [Fact]
    public async Task A_template_takes_the_place_of_subject_and_content()
    {
        var id = await _edge.AcceptAsync("""
            {"from":"a@example.com","to":"b@example.com","template":{"id":"welcome","locale":"fr-FR","variables":{"name":"Ö","list":[1,{"a":null}]}}}
            """);

        var template = _edge.Mailroom.RequestOf(id).Template.ShouldNotBeNull();
        template.Id.ShouldBe("welcome");
        template.Locale.ShouldBe("fr-FR");
        template.Variables.GetProperty("name").GetString().ShouldBe("Ö");
        template.Variables.GetProperty("list").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"subject":"s","text":"t","cc":null,"bcc":null,"reply_to":null,"html":null,"headers":null,"attachments":null,"tags":null,"scheduled_at":null,"template":null,"expires_at":null,"on_uncertain":null}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"subject":"","template":{"id":"welcome"}}""")]
    [InlineData("""{"from":"a@example.com","to":["b@example.com"],"subject":"s","html":"<p>","cc":[],"attachments":[],"tags":[],"headers":{}}""")]
    [InlineData("""{"\u0066rom":"a@example.com","to":["b@example.com"],"subject":"\ud83d\ude00","text":"t"}""")]
    [InlineData(""" { "from" : "a@example.com" , "to" : "b@example.com" , "subject" : "s" , "text" : "t" } """)]
    public async Task Forms_that_clients_send_are_accepted(string body) => await _edge.AcceptAsync(body);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON;charset=\"UTF-8\"")]
    public async Task Json_may_name_its_charset(string type)
    {
        var answer = await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, change: request =>
        {
            request.Content!.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        });

        answer.Status.ShouldBe(202);
    }

    [Fact]
    public async Task A_wait_is_counted_from_now()
    {
        var before = TimeProvider.System.Now();
        await _edge.AcceptAsync(Mails.Simple.Replace("}", ",\"scheduled_at\":\"in 2 hours\"}", StringComparison.Ordinal));

        var at = _edge.Mailroom.Asked.ShouldHaveSingleItem().ScheduledAt.ShouldNotBeNull();
        at.ShouldBeInRange(before + TimeSpan.FromHours(2), TimeProvider.System.Now() + TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task A_body_that_comes_in_pieces_is_read_whole()
    {
        var text = new string('x', 300_000);
        var answer = await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails", $$"""{"from":"a@example.com","to":"b@example.com","subject":"s","text":"{{text}}"}""",
            change: request => request.Headers.TransferEncodingChunked = true);

        answer.Status.ShouldBe(202, answer.Text);
        _edge.Mailroom.Asked.ShouldHaveSingleItem().Request.Text.ShouldBe(text);
    }

    [Fact]
    public async Task One_connection_carries_many_mails()
    {
        for (var i = 0; i < 50; i++)
        {
            await _edge.AcceptAsync();
        }

        _edge.Mailroom.Stored.ShouldBe(50);
    }

    private static readonly DateTimeOffset Later = new(DateTime.UtcNow.Date.AddDays(30), TimeSpan.FromHours(0));
}
