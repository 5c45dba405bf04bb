using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Tests.Internal;

public sealed class LoginCodeTests : IAsyncLifetime
{
    private const string Path = "login-code-deliveries";
    private const string Code = """{"email":"jane@example.com","code":"918273","locale":"fr-FR"}""";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync(log: LogLevel.Debug);

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "D06")]
    [Trait("Requirement", "D01")]
    [Trait("Requirement", "C36")]
    public async Task A_code_is_accepted_as_an_urgent_mail_of_the_template()
    {
        var answer = await _edge.InsideAsync("POST", Path, Code, "challenge-1");

        (answer.Status, answer.Text).ShouldBe((200, """{"outcome":"sent"}"""));
        answer.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
        var mail = _edge.Mailroom.Asked.ShouldHaveSingleItem();
        (mail.Org, mail.Source, mail.Urgent, mail.IdempotencyKey, mail.ExpiresAt).ShouldBe((OrgId.Default, "authsession", true, "challenge-1", null));
        mail.Request.From.ShouldBe(new Mailbox("mailroom@example.com", "Mailroom"));
        mail.Request.To.ShouldBe([new Mailbox("jane@example.com")]);
        mail.Request.Template!.Id.ShouldBe("auth.login_code");
        mail.Request.Template.Locale.ShouldBe("fr-FR");
        mail.Request.Template.Variables.GetRawText().ShouldBe("""{"code":"918273"}""");
        var read = await _edge.InsideAsync("GET", "deliveries/" + _edge.Mailroom.States().Single().Id);
        read.Json.GetProperty("source").GetString().ShouldBe("authsession");
        read.Json.GetProperty("urgent").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    [Trait("Requirement", "D06")]
    public async Task The_same_code_again_gives_the_same_answer_and_one_mail()
    {
        await _edge.InsideAsync("POST", Path, Code, "challenge-1");
        var again = await _edge.InsideAsync("POST", Path, """{ "locale":"fr-FR", "code":"918273", "email":"jane@example.com" }""", "\"challenge-1\"");

        (again.Status, again.Text).ShouldBe((200, """{"outcome":"sent"}"""));
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"email":"jane@example.com","code":"000000","locale":"fr-FR"}""")]
    [InlineData("""{"email":"joe@example.com","code":"918273","locale":"fr-FR"}""")]
    [InlineData("""{"email":"jane@example.com","code":"918273","locale":"en"}""")]
    [Trait("Requirement", "D06")]
    public async Task Another_code_under_the_same_key_is_409(string other)
    {
        await _edge.InsideAsync("POST", Path, Code, "challenge-1");
        (await _edge.InsideAsync("POST", Path, other, "challenge-1")).ShouldBeError(409, "idempotency_conflict");
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "C37")]
    [Trait("Requirement", "D35")]
    public async Task Where_nothing_is_sent_the_caller_still_succeeds_and_is_told_so()
    {
        _edge.Mailroom.SuppressedBecause = "stub";
        foreach (var replayed in new[] { false, true })
        {
            var answer = await _edge.InsideAsync("POST", Path, Code, "challenge-1");
            (answer.Status, answer.Text).ShouldBe((200, """{"outcome":"suppressed"}"""));
            answer.Headers.Contains("Idempotency-Replayed").ShouldBe(replayed);
        }
    }

    [Fact]
    [Trait("Requirement", "D06")]
    public async Task What_was_answered_stays_answered_though_the_provider_suppresses_it_later()
    {
        await _edge.InsideAsync("POST", Path, Code, "challenge-1");
        var id = _edge.Mailroom.States().Single().Id.Value;
        var token = new ClaimToken(1, 1);
        _edge.Mailroom.Tell(id, new ClaimAttempt(new Claim(token, TimeProvider.System.Now() + TimeSpan.FromMinutes(1))));
        _edge.Mailroom.Tell(id, new AttemptFinished(token, new AttemptReport { Status = AttemptStatus.ProviderRejected, Suppressed = true }, RetryLadder.Default));
        _edge.Mailroom.States().Single().Status.ShouldBe(DeliveryStatus.Suppressed);

        (await _edge.InsideAsync("POST", Path, Code, "challenge-1")).Text.ShouldBe("""{"outcome":"sent"}""");
    }

    [Fact]
    [Trait("Requirement", "D06")]
    public async Task A_key_is_required()
    {
        (await _edge.InsideAsync("POST", Path, Code)).ShouldBeError(400, "invalid_idempotency_key");
        (await _edge.InsideAsync("POST", Path, Code, new string('k', 257))).ShouldBeError(400, "invalid_idempotency_key");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"email":"a@example.com","code":"1","locale":"en","expires_at":"2030-01-01T00:00:00Z"}""", "expires_at")]
    [InlineData("""{"email":"a@example.com","code":"1","locale":"en","extra":{"deep":[1]}}""", "extra")]
    [InlineData("""{"email":"a@example.com","code":"1","code":"2","locale":"en"}""", "code")]
    [InlineData("""{"code":"1","locale":"en"}""", "email")]
    [InlineData("""{"email":"a@example.com","locale":"en"}""", "code")]
    [InlineData("""{"email":"a@example.com","code":"1"}""", "locale")]
    [InlineData("""{"email":null,"code":"1","locale":"en"}""", "email")]
    [InlineData("""{"email":"nobody","code":"1","locale":"en"}""", "email")]
    [InlineData("""{"email":"Jane <jane@example.com>","code":"1","locale":"en"}""", "email")]
    [InlineData("""{"email":"a@example.com\r\nBcc: b@example.com","code":"1","locale":"en"}""", "email")]
    [InlineData("""{"email":"a@example.com","code":"","locale":"en"}""", "code")]
    [InlineData("""{"email":"a@example.com","code":123456,"locale":"en"}""", "code")]
    [InlineData("""{"email":"a@example.com","code":"1\u0000","locale":"en"}""", "code")]
    [InlineData("""{"email":"a@example.com","code":"1","locale":"../en"}""", "locale")]
    [InlineData("[]", "")]
    [Trait("Requirement", "D06")]
    public async Task What_does_not_keep_to_the_contract_is_400_and_names_the_field(string body, string field)
    {
        (await _edge.InsideAsync("POST", Path, body, "k")).ShouldBeError(400, "invalid_request", field);
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Lengths_are_bounded()
    {
        (await _edge.InsideAsync("POST", Path, Code.Replace("918273", new string('1', 65), StringComparison.Ordinal), "k")).ShouldBeError(400, "invalid_request", "code");
        (await _edge.InsideAsync("POST", Path, Code.Replace("jane", new string('j', 2000), StringComparison.Ordinal), "k")).ShouldBeError(400, "invalid_request", "email");
        (await _edge.InsideAsync("POST", Path, Code + new string(' ', 65 * 1024), "k")).ShouldBeError(413, "too_large");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData(Code + "{}")]
    public async Task What_is_not_one_json_value_is_400(string body) => (await _edge.InsideAsync("POST", Path, body, "k")).ShouldBeError(400, "invalid_json");

    [Fact]
    [Trait("Requirement", "B36")]
    public async Task Nothing_is_answered_as_sent_that_is_not_durable()
    {
        _edge.Mailroom.Instead = _ => NotDone.Late;
        (await _edge.InsideAsync("POST", Path, Code, "k")).ShouldBeError(504, "outcome_unknown");
        _edge.Mailroom.Instead = _ => NotDone.Busy;
        var busy = await _edge.InsideAsync("POST", Path, Code, "k");
        busy.ShouldBeError(503, "busy");
        busy.Headers.RetryAfter.ShouldNotBeNull();
        _edge.Mailroom.Stored.ShouldBe(0);

        _edge.Mailroom.Instead = null;
        (await _edge.InsideAsync("POST", Path, Code, "k")).Status.ShouldBe(200);
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task The_code_is_neither_logged_nor_ever_shown_again()
    {
        await _edge.InsideAsync("POST", Path, Code, "challenge-1");
        var id = _edge.Mailroom.States().Single().Id.Value;
        _edge.Mailroom.Render(id, new RenderedContent("Your login code: 918273", "918273", "<b>918273</b>", "en", true));

        _edge.Log.All.ShouldNotBeEmpty();
        _edge.Log.All.ShouldAllBe(line => !line.Text.Contains("918273", StringComparison.Ordinal) && !line.Text.Contains("jane", StringComparison.Ordinal));
        foreach (var path in new[] { "deliveries", "deliveries/" + id, "deliveries/" + id + "/timeline" })
        {
            (await _edge.InsideAsync("GET", path)).Text.ShouldNotContain("918273", Case.Sensitive, path);
        }

        // Whoever has a key of the default org must not be able to log in as somebody else.
        (await _edge.GetAsync("/api/v1/emails/" + id)).Text.ShouldNotContain("918273");
        (await _edge.GetAsync("/api/v1/emails")).Text.ShouldNotContain("918273");
    }
}
