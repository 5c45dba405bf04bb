using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Tests;

public sealed class FailureTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    public static TheoryData<string, int, string> NotDones() => new()
    {
        { "busy", 503, "busy" }, { "stopping", 503, "unavailable" }, { "not_owner", 503, "unavailable" }, { "late", 504, "outcome_unknown" },
        { "faulted", 500, "internal_server_error" }, { "quarantined", 500, "internal_server_error" },
    };

    [Theory]
    [MemberData(nameof(NotDones))]
    public async Task What_the_core_did_not_do_is_told(string reason, int status, string code)
    {
        var id = await _edge.AcceptAsync();
        _edge.Mailroom.Instead = _ => NotDoneOf(reason);
        _edge.Mailroom.AskInstead = NotDoneOf(reason);
        var send = await _edge.PostAsync(Mails.Simple);
        var cancel = await _edge.SendAsync(HttpMethod.Post, $"/api/v1/emails/{id}/cancel");

        send.ShouldBeProblem(status, code);
        cancel.ShouldBeProblem(status, code);
        (send.Headers.RetryAfter is not null).ShouldBe(status == 503);
        (cancel.Headers.RetryAfter is not null).ShouldBe(status == 503);
    }

    [Fact]
    public async Task A_late_answer_says_how_to_find_out()
    {
        _edge.Mailroom.Instead = _ => NotDone.Late;
        var answer = await _edge.PostAsync(Mails.Simple);
        answer.Json.GetProperty("detail").GetString()!.ShouldContain("same Idempotency-Key");
    }

    [Theory]
    [InlineData("id_taken", 409, "id_taken")]
    [InlineData("after_expiry", 422, "after_expiry")]
    [InlineData("something_new", 422, "validation_error")]
    public async Task A_refusal_of_the_core_is_told_in_its_words(string refusal, int status, string code)
    {
        _edge.Mailroom.Instead = _ => new Refused(refusal, "Because of this.");
        var answer = await _edge.PostAsync(Mails.Simple);

        answer.ShouldBeProblem(status, code);
        answer.Json.GetProperty("detail").GetString().ShouldBe("Because of this.");
    }

    [Fact]
    public async Task An_unexpected_failure_is_500_without_details_and_logged_once()
    {
        _edge.Mailroom.Instead = _ => throw new InvalidOperationException("secret detail");
        var answer = await _edge.PostAsync(Mails.Simple);

        answer.ShouldBeProblem(500, "internal_server_error");
        answer.Text.ShouldNotContain("secret");
        var line = _edge.Log.All.Where(entry => entry.Level >= LogLevel.Error).ShouldHaveSingleItem();
        line.Text.ShouldContain(answer.Json.GetProperty("trace_id").GetString()!);
        line.Text.ShouldContain("secret detail");
    }

    [Fact]
    public async Task An_overload_does_not_flood_the_log()
    {
        _edge.Mailroom.Instead = _ => NotDone.Busy;
        for (var i = 0; i < 20; i++)
        {
            (await _edge.PostAsync(Mails.Simple)).Status.ShouldBe(503);
        }

        _edge.Log.All.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task Requests_are_logged_at_debug_only_without_ids_and_addresses()
    {
        await _edge.AcceptAsync();
        _edge.Log.All.ShouldBeEmpty();

        await using var edge = await Edge.StartAsync(log: LogLevel.Debug);
        var id = await edge.AcceptAsync();
        await edge.GetAsync($"/api/v1/emails/{id}?x=a@example.com");
        var lines = edge.Log.All.Select(entry => entry.Text).ToArray();
        lines.ShouldContain(line => line.StartsWith("POST /api/v1/emails answered 202", StringComparison.Ordinal));
        lines.ShouldAllBe(line => !line.Contains(id, StringComparison.Ordinal) && !line.Contains('@'));
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v1/emails/a/b/c")]
    [InlineData("/api/v1/internal/deliveries/em_1")]
    [InlineData("/captured")]
    [InlineData("/")]
    public async Task An_unknown_path_is_404(string path) => (await _edge.GetAsync(path)).ShouldBeProblem(404, "not_found");

    [Theory]
    [InlineData("DELETE", "/api/v1/emails")]
    [InlineData("PUT", "/api/v1/emails/em_1")]
    [InlineData("GET", "/api/v1/emails/em_1/cancel")]
    [InlineData("POST", "/api/health")]
    public async Task A_wrong_method_is_405_and_names_the_right_ones(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _edge.Http.SendAsync(request);

        (await Answer.OfAsync(response)).ShouldBeProblem(405, "method_not_allowed");
        response.Content.Headers.Allow.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_whether_or_not_it_says_its_length()
    {
        await using var edge = await Edge.StartAsync(options => options with { MaxBodyBytes = 100_000 });
        var body = Mails.Simple + new string(' ', 100_000);

        (await edge.PostAsync(body)).ShouldBeProblem(413, "too_large");
        (await edge.SendAsync(HttpMethod.Post, "/api/v1/emails", body, change: request => request.Headers.TransferEncodingChunked = true)).ShouldBeProblem(413, "too_large");
        (await edge.PostAsync(Mails.Simple)).Status.ShouldBe(202);
        edge.Mailroom.Stored.ShouldBe(1);
    }

    [Theory]
    [InlineData("text", "xxxxx")]
    [InlineData("html", "xxxxx")]
    [InlineData("attachments[0].content", "eHh4eHh4")]
    public async Task A_mail_over_its_limit_is_413_and_names_the_part(string field, string filler)
    {
        await using var edge = await Edge.StartAsync(options => options with { MaxMessageBytes = 50_000 });
        var content = string.Concat(Enumerable.Repeat(filler, 70_000 / filler.Length));
        var part = field.StartsWith('a') ? $$""" "attachments":[{"filename":"f","content":"{{content}}"}] """ : $"\"{field}\":\"{content}\"";
        var answer = await edge.PostAsync($$"""{"from":"a@example.com","to":"b@example.com","subject":"s",{{part}}}""");

        answer.ShouldBeProblem(413, "too_large");
        answer.Fields.ShouldContain(field);
        edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Large_bodies_past_the_budget_are_told_to_come_back()
    {
        await using var edge = await Edge.StartAsync(options => options with { MaxBodyBytesInFlight = 300_000 });
        var answer = await edge.PostAsync(Mails.Simple + new string(' ', 500_000));

        answer.ShouldBeProblem(503, "busy");
        answer.Headers.RetryAfter.ShouldNotBeNull();

        // The budget is given back: what fits is taken as often as it comes.
        for (var i = 0; i < 5; i++)
        {
            (await edge.PostAsync(Mails.Simple + new string(' ', 70_000))).Status.ShouldBe(202);
        }
    }

    [Fact]
    public async Task A_body_that_does_not_arrive_is_408()
    {
        await using var edge = await Edge.StartAsync(options => options with { BodyTimeout = TimeSpan.FromMilliseconds(100) });
        using var socket = new TcpClient();
        await socket.ConnectAsync(edge.PublicEndpoint);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/emails HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Edge.Key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"));
        using var reader = new StreamReader(stream);

        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 408 Request Timeout");
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /api/v1/emails HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task What_is_not_http_is_refused(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_edge.PublicEndpoint);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(socket.GetStream());

        (await reader.ReadLineAsync()).ShouldBeOneOf("HTTP/1.1 400 Bad Request", "HTTP/1.1 401 Unauthorized");
    }

    [Fact]
    public void A_listener_leaves_the_signals_of_the_process_to_its_caller() =>
        _edge.Lifetimes.Select(lifetime => lifetime.GetType().Name).ShouldBe(["CallersLifetime", "CallersLifetime"]);

    [Fact]
    public async Task A_trace_that_the_caller_began_is_never_needed()
    {
        var answer = await _edge.SendAsync(HttpMethod.Get, "/nothing", change: request => request.Headers.TryAddWithoutValidation("traceparent", "nonsense"));
        answer.ShouldBeProblem(404, "not_found");
        answer.Headers.CacheControl.ShouldBe((CacheControlHeaderValue?)null);
    }

    private static NotDone NotDoneOf(string reason) =>
        new[] { NotDone.Busy, NotDone.Late, NotDone.Faulted, NotDone.Quarantined, NotDone.NotOwner, NotDone.Stopping }.Single(notDone => notDone.Reason == reason);
}
