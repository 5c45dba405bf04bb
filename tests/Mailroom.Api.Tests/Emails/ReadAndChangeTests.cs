using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Emails;

public sealed class ReadAndChangeTests : IAsyncLifetime
{
    private static readonly string Tomorrow = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
    private static readonly string Scheduled = Mails.Simple.Replace("}", $",\"scheduled_at\":\"{Tomorrow}\"}}", StringComparison.Ordinal);

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task A_mail_is_read_back_in_resends_shape()
    {
        var id = await _edge.AcceptAsync("""
            {"from":"Ann, Inc. <a@example.com>","to":["B <b@example.com>","c@example.com"],"cc":"cc@example.com","subject":"Hi","html":"<b>x</b>","text":"x",
             "reply_to":"r@example.com","tags":[{"name":"n","value":"v"}]}
            """.Replace("Ann, Inc. <", "\\\"Ann, Inc.\\\" <", StringComparison.Ordinal));
        var answer = await _edge.GetAsync("/api/v1/emails/" + id);

        answer.Status.ShouldBe(200, answer.Text);
        var email = answer.Json;
        email.GetProperty("object").GetString().ShouldBe("email");
        email.GetProperty("id").GetString().ShouldBe(id);
        email.GetProperty("from").GetString().ShouldBe("\"Ann, Inc.\" <a@example.com>");
        Strings(email, "to").ShouldBe(["B <b@example.com>", "c@example.com"]);
        Strings(email, "cc").ShouldBe(["cc@example.com"]);
        Strings(email, "reply_to").ShouldBe(["r@example.com"]);
        email.GetProperty("bcc").ValueKind.ShouldBe(JsonValueKind.Null);
        email.GetProperty("subject").GetString().ShouldBe("Hi");
        email.GetProperty("html").GetString().ShouldBe("<b>x</b>");
        email.GetProperty("text").GetString().ShouldBe("x");
        email.GetProperty("last_event").GetString().ShouldBe("queued");
        email.GetProperty("status").GetString().ShouldBe("queued");
        email.GetProperty("attempts").GetInt32().ShouldBe(0);
        email.GetProperty("scheduled_at").ValueKind.ShouldBe(JsonValueKind.Null);
        email.GetProperty("tags")[0].GetProperty("name").GetString().ShouldBe("n");
        DateTimeOffset.Parse(email.GetProperty("created_at").GetString()!, null).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/timeline")]
    [InlineData("PATCH", "")]
    [InlineData("POST", "/cancel")]
    public async Task Another_orgs_mail_is_not_found(string method, string path)
    {
        var id = await _edge.AcceptAsync(Scheduled);
        var body = method == "PATCH" ? $$"""{"scheduled_at":"{{Tomorrow}}"}""" : null;
        var foreign = await _edge.SendAsync(new HttpMethod(method), $"/api/v1/emails/{id}{path}", body, Edge.OtherKey);
        var absent = await _edge.SendAsync(new HttpMethod(method), $"/api/v1/emails/em_nothing{path}", body, Edge.OtherKey);
        var malformed = await _edge.SendAsync(new HttpMethod(method), $"/api/v1/emails/em%20nothing{path}", body, Edge.OtherKey);

        foreign.ShouldBeProblem(404, "not_found");
        absent.ShouldBeProblem(404, "not_found");
        malformed.ShouldBeProblem(404, "not_found");
        absent.Json.GetProperty("detail").GetString().ShouldBe(foreign.Json.GetProperty("detail").GetString());
        (await _edge.GetAsync("/api/v1/emails/" + id)).Json.GetProperty("status").GetString().ShouldBe("scheduled");
    }

    [Fact]
    public async Task The_list_is_paged_newest_first_in_both_directions()
    {
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Insert(0, await _edge.AcceptAsync());
        }

        // Mails of one millisecond are ordered by id, which a test cannot foresee.
        ids = [.. Ids(await _edge.GetAsync("/api/v1/emails?limit=100"))];
        ids.Count.ShouldBe(7);
        await PageAsync("limit=3", ids[..3], true);
        await PageAsync($"limit=3&after={ids[2]}", ids[3..6], true);
        await PageAsync($"limit=3&after={ids[5]}", ids[6..], false);
        await PageAsync($"limit=2&before={ids[3]}", ids[1..3], true);
        await PageAsync($"limit=3&before={ids[3]}", ids[..3], false);
        await PageAsync($"before={ids[0]}", [], false);
        await PageAsync($"after={ids[6]}", [], false);
        Ids(await _edge.GetAsync("/api/v1/emails", Edge.OtherKey)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_leaves_out_the_content()
    {
        await _edge.AcceptAsync();
        var answer = await _edge.GetAsync("/api/v1/emails");

        answer.Json.GetProperty("object").GetString().ShouldBe("list");
        answer.Json.GetProperty("data")[0].TryGetProperty("text", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("after=em_nothing", "after")]
    [InlineData("after=%00", "after")]
    [InlineData("before=em_nothing", "before")]
    [InlineData("after=a&before=b", "before")]
    public async Task A_wrong_page_is_refused_by_name(string query, string field)
    {
        var answer = await _edge.GetAsync("/api/v1/emails?" + query);

        answer.ShouldBeProblem(422, "validation_error");
        answer.Fields.ShouldBe([field]);
    }

    [Fact]
    public async Task A_scheduled_mail_can_be_moved()
    {
        var id = await _edge.AcceptAsync(Scheduled);
        var answer = await PatchAsync(id, """{"scheduled_at":"in 3 days"}""");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Text.ShouldBe($$"""{"object":"email","id":"{{id}}"}""");
        var email = (await _edge.GetAsync("/api/v1/emails/" + id)).Json;
        email.GetProperty("last_event").GetString().ShouldBe("scheduled");
        DateTimeOffset.Parse(email.GetProperty("scheduled_at").GetString()!, null).ShouldBe(DateTimeOffset.UtcNow.AddDays(3), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("{}", 422, "missing_required_field")]
    [InlineData("""{"scheduled_at":null}""", 422, "validation_error")]
    [InlineData("""{"scheduled_at":1}""", 422, "validation_error")]
    [InlineData("""{"scheduled_at":"soon"}""", 422, "validation_error")]
    [InlineData("""{"scheduled_at":"2001-01-01T00:00:00Z"}""", 422, "validation_error")]
    [InlineData("""{"scheduled_at":"in 1 hour","scheduled_at":"in 1 hour"}""", 422, "validation_error")]
    [InlineData("""{"scheduled_at":"in 1 hour","subject":"x"}""", 422, "validation_error")]
    [InlineData("[]", 422, "validation_error")]
    [InlineData("{", 400, "invalid_json")]
    [InlineData("", 400, "invalid_json")]
    public async Task A_wrong_move_is_refused(string body, int status, string code)
    {
        var id = await _edge.AcceptAsync(Scheduled);
        (await PatchAsync(id, body)).ShouldBeProblem(status, code);
        (await _edge.GetAsync("/api/v1/emails/" + id)).Json.GetProperty("scheduled_at").GetString().ShouldBe(Tomorrow);
    }

    [Fact]
    public async Task A_mail_that_is_not_scheduled_cannot_be_moved()
    {
        var id = await _edge.AcceptAsync();
        (await PatchAsync(id, """{"scheduled_at":"in 1 hour"}""")).ShouldBeProblem(409, "not_scheduled");
    }

    [Fact]
    public async Task A_waiting_mail_can_be_called_back_and_again()
    {
        var id = await _edge.AcceptAsync(Scheduled);

        for (var i = 0; i < 2; i++)
        {
            var answer = await CancelAsync(id);
            answer.Status.ShouldBe(200, answer.Text);
            answer.Json.GetProperty("object").GetString().ShouldBe("email");
        }

        (await _edge.GetAsync("/api/v1/emails/" + id)).Json.GetProperty("last_event").GetString().ShouldBe("canceled");
    }

    [Fact]
    public async Task A_mail_under_way_or_done_cannot_be_called_back()
    {
        var id = await _edge.AcceptAsync();
        var claim = StartAttempt(id);
        (await CancelAsync(id)).ShouldBeProblem(409, "in_flight");

        Finish(id, claim, new AttemptReport { Status = AttemptStatus.ProviderAccepted, RemoteHost = "mx.example.com" });
        (await CancelAsync(id)).ShouldBeProblem(409, "already_final");
    }

    [Fact]
    public async Task The_timeline_tells_events_in_order_and_a_verdict()
    {
        var id = await _edge.AcceptAsync();
        var claim = StartAttempt(id);
        Finish(id, claim, new AttemptReport
        {
            Status = AttemptStatus.ProviderRejected, Reason = "smtp_rejected", ReplyCode = 550, EnhancedCode = "5.1.1",
            Summary = "550 5.1.1 No such user.", RemoteHost = "mx.example.com",
        });

        var answer = await _edge.GetAsync($"/api/v1/emails/{id}/timeline");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("status").GetString().ShouldBe("failed");
        answer.Json.GetProperty("verdict").GetString().ShouldBe(
            "Not delivered: the next mail server (mx.example.com) refused it for good: 550 5.1.1 No such user. It will not be tried again. Correct what the reply names, then send it again.");
        answer.Json.GetProperty("verdict_code").GetString().ShouldBe("rejected");
        answer.Json.GetProperty("data").EnumerateArray().Select(e => e.GetProperty("event").GetString())
            .ShouldBe(["accepted", "attempt_started", "attempt_ended", "failed"]);
    }

    [Theory]
    [InlineData("GET", "/api/v1/emails/{id}")]
    [InlineData("GET", "/api/v1/emails/{id}/timeline")]
    [InlineData("GET", "/api/v1/emails")]
    [InlineData("POST", "/api/v1/emails/{id}/cancel")]
    public async Task A_store_that_does_not_answer_is_503(string method, string path)
    {
        var id = await _edge.AcceptAsync();
        _edge.Mailroom.ReadFails = new StoreUnavailableException("The store at 10.1.2.3 is gone.");
        var answer = await _edge.SendAsync(new HttpMethod(method), path.Replace("{id}", id, StringComparison.Ordinal));

        answer.ShouldBeProblem(503, "unavailable");
        answer.Headers.RetryAfter.ShouldNotBeNull();
        answer.Text.ShouldNotContain("10.1.2.3");
    }

    private ClaimToken StartAttempt(string id)
    {
        var token = new ClaimToken(1, 1);
        _edge.Mailroom.Tell(id, new ClaimAttempt(new Claim(token, TimeProvider.System.Now() + TimeSpan.FromMinutes(1)))).ShouldBeOfType<Claimed>();
        return token;
    }

    private void Finish(string id, ClaimToken token, AttemptReport report) => _edge.Mailroom.Tell(id, new AttemptFinished(token, report, RetryLadder.Default));

    private Task<Answer> PatchAsync(string id, string body) => _edge.SendAsync(HttpMethod.Patch, "/api/v1/emails/" + id, body);

    private Task<Answer> CancelAsync(string id) => _edge.SendAsync(HttpMethod.Post, $"/api/v1/emails/{id}/cancel");

    private async Task PageAsync(string query, IEnumerable<string> ids, bool hasMore)
    {
        var answer = await _edge.GetAsync("/api/v1/emails?" + query);
        Ids(answer).ShouldBe(ids, query);
        answer.Json.GetProperty("has_more").GetBoolean().ShouldBe(hasMore, query);
    }

    private static string[] Ids(Answer answer) =>
        [.. answer.Json.GetProperty("data").EnumerateArray().Select(email => email.GetProperty("id").GetString()!)];

    private static string[] Strings(JsonElement email, string name) => [.. email.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
}
