using System.Text.RegularExpressions;
using Mailroom.Api.Http;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Tests;

/// <summary>The line and the span of each request.</summary>
public sealed partial class RequestLogTests : IAsyncLifetime
{
    private const string CallersTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string CallersSpan = "00f067aa0ba902b7";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "C17")]
    public async Task A_request_to_the_internal_listener_has_one_line_with_its_route_answer_size_and_ids()
    {
        using var response = await _edge.Internal.GetAsync("/api/v1/internal/deliveries/em_1");

        var line = await _edge.Log.FirstRequest;
        line.Level.ShouldBe(LogLevel.Information);
        line.Text.ShouldStartWith("GET /api/v1/internal/deliveries/{id} answered 404 in ");
        line.Text.ShouldContain($" bytes={response.Content.Headers.ContentLength} ");
        var (trace, span) = Ids(line.Text);
        trace.ShouldNotBe(new string('0', 32));
        span.ShouldNotBe(new string('0', 16));
    }

    [Fact]
    [Trait("Requirement", "C17")]
    public async Task The_ids_of_the_line_are_of_the_callers_trace_and_of_a_span_of_its_own()
    {
        await _edge.SendAsync(
            HttpMethod.Get, "/api/v1/emails/em_1", change: request => request.Headers.TryAddWithoutValidation("traceparent", $"00-{CallersTrace}-{CallersSpan}-01"));

        var (trace, span) = Ids((await _edge.Log.FirstRequest).Text);
        trace.ShouldBe(CallersTrace);
        span.ShouldNotBe(CallersSpan);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")]
    public async Task A_traceparent_that_is_none_begins_a_trace_of_ours(string header)
    {
        await _edge.SendAsync(HttpMethod.Get, "/api/v1/emails/em_1", change: request => request.Headers.TryAddWithoutValidation("traceparent", header));

        Ids((await _edge.Log.FirstRequest).Text).Trace.ShouldNotBe(CallersTrace);
    }

    [Fact]
    public async Task The_trace_in_a_problem_is_the_one_in_the_log()
    {
        var answer = await _edge.GetAsync("/nothing");

        answer.Json.GetProperty("trace_id").GetString().ShouldBe(Ids((await _edge.Log.FirstRequest).Text).Trace);
    }

    [Theory]
    [InlineData("GET", "/api/v1/emails/em_1?to=a@example.com", "GET /api/v1/emails/{id} answered 404")]
    [InlineData("GET", "/a@example.com", "GET (no route) answered 404")]
    [InlineData("A~EXAMPLE", "/nothing", "_OTHER (no route) answered 404")]
    public async Task A_line_never_holds_what_the_caller_wrote(string method, string path, string line)
    {
        var request = new System.Text.StringBuilder().Append(method).Append(' ').Append(path).Append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
            .Append("Authorization: Bearer ").Append(Edge.Key).Append("\r\n\r\n").ToString();
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(_edge.PublicEndpoint);
        await socket.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(socket.GetStream());
        (await reader.ReadToEndAsync()).ShouldContain(" 404 ");

        var text = (await _edge.Log.FirstRequest).Text;
        text.ShouldStartWith(line);
        text.ShouldNotContain("example", Case.Insensitive);
    }

    [Fact]
    public async Task A_flood_of_refused_requests_does_not_fill_the_log()
    {
        const int requests = 400;
        for (var i = 0; i < requests; i++)
        {
            await _edge.GetAsync("/nothing", key: null);
        }

        // A second or a few go by: each may have its lines, and one that counts the rest.
        _edge.Log.All.Count(entry => entry.Event.Name == "http_request").ShouldBeGreaterThanOrEqualTo(RequestLog.MostRefusals);
        _edge.Log.All.Count.ShouldBeLessThan(requests / 2);
    }

    [Fact]
    public async Task A_mail_carries_the_callers_traceparent_where_nobody_records_the_request()
    {
        var header = $"00-{CallersTrace}-{CallersSpan}-01";
        await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, change: request => request.Headers.TryAddWithoutValidation("traceparent", header));
        await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails/batch", $"[{Mails.Simple}]", change: request => request.Headers.TryAddWithoutValidation("traceparent", header));
        await _edge.PostAsync(Mails.Simple);

        _edge.Mailroom.Asked.Select(mail => mail.TraceParent).ShouldBe([header, header, null]);
    }

    private static (string Trace, string Span) Ids(string line)
    {
        var ids = IdsPattern().Match(line);
        ids.Success.ShouldBeTrue(line);
        return (ids.Groups[1].Value, ids.Groups[2].Value);
    }

    [GeneratedRegex("otel_trace_id=([0-9a-f]{32}) otel_span_id=([0-9a-f]{16})$")]
    private static partial Regex IdsPattern();
}
