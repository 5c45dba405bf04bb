using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Tests.Internal;

public sealed class InternalTests : IAsyncLifetime
{
    private const string Deliveries = "/api/v1/internal/deliveries/";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "D07")]
    public async Task A_delivery_is_shown_with_all_that_an_operator_needs()
    {
        var id = await _edge.AcceptAsync("""{"from":"a@example.com","to":["b@example.com"],"bcc":"c@example.com","subject":"Hi","text":"secret words","on_uncertain":"hold"}""");
        _edge.Mailroom.Tell(id, new ClaimAttempt(new Claim(new ClaimToken(7, 9), TimeProvider.System.Now() + TimeSpan.FromMinutes(1))));
        var answer = await GetAsync(Deliveries + id);

        answer.Status.ShouldBe(200, answer.Text);
        var delivery = answer.Json;
        delivery.GetProperty("id").GetString().ShouldBe(id);
        delivery.GetProperty("org_id").GetString().ShouldBe("org_default");
        delivery.GetProperty("source").GetString().ShouldBe("api");
        delivery.GetProperty("status").GetString().ShouldBe("sending");
        delivery.GetProperty("on_uncertain").GetString().ShouldBe("hold");
        delivery.GetProperty("last_attempt_no").GetInt32().ShouldBe(1);
        delivery.GetProperty("claim").GetProperty("is_held").GetBoolean().ShouldBeTrue();
        delivery.GetProperty("claim").GetProperty("incarnation").GetInt64().ShouldBe(7);
        delivery.GetProperty("recipients").EnumerateArray().Select(r => (r.GetProperty("kind").GetString(), r.GetProperty("address").GetString(), r.GetProperty("status").GetString()))
            .ShouldBe([("to", "b@example.com", "sending"), ("bcc", "c@example.com", "sending")]);
        answer.Text.ShouldNotContain("secret words");
    }

    [Fact]
    [Trait("Requirement", "C31")]
    [Trait("Requirement", "D07")]
    public async Task Attempts_are_shown_with_what_the_provider_said()
    {
        var id = await _edge.AcceptAsync();
        var token = new ClaimToken(1, 1);
        _edge.Mailroom.Tell(id, new ClaimAttempt(new Claim(token, TimeProvider.System.Now() + TimeSpan.FromMinutes(1))));
        _edge.Mailroom.Tell(id, new AttemptFinished(token, new AttemptReport
        {
            Status = AttemptStatus.TransportFailed, Reason = "smtp_deferred", ReplyCode = 451, EnhancedCode = "4.3.0", Summary = "try later",
            RemoteHost = "mx.example.com", Conversation = "S: 451 4.3.0 try later",
        }, RetryLadder.Default));
        var answer = await GetAsync(Deliveries + id + "/attempts");

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("delivery_id").GetString().ShouldBe(id);
        var attempt = answer.Json.GetProperty("attempts").EnumerateArray().ShouldHaveSingleItem();
        attempt.GetProperty("attempt_no").GetInt32().ShouldBe(1);
        attempt.GetProperty("status").GetString().ShouldBe("transport_failed");
        attempt.GetProperty("reply_code").GetInt32().ShouldBe(451);
        attempt.GetProperty("enhanced_code").GetString().ShouldBe("4.3.0");
        attempt.GetProperty("provider_summary").GetString().ShouldBe("try later");
        attempt.GetProperty("conversation").GetString().ShouldBe("S: 451 4.3.0 try later");
        attempt.GetProperty("duration_ms").ValueKind.ShouldBe(JsonValueKind.Number);
        (await GetAsync(Deliveries + id)).Json.GetProperty("next_attempt_at").GetString().ShouldNotBeNull();
    }

    [Fact]
    [Trait("Requirement", "D36")]
    public async Task The_first_attempt_is_there_from_the_acceptance_on_and_is_scheduled_until_it_begins()
    {
        var id = await _edge.AcceptAsync();
        (await GetAsync(Deliveries + id)).Json.GetProperty("status").GetString().ShouldBe("queued");

        var answer = await GetAsync(Deliveries + id + "/attempts");

        var attempt = answer.Json.GetProperty("attempts").EnumerateArray().ShouldHaveSingleItem();
        (attempt.GetProperty("attempt_no").GetInt32(), attempt.GetProperty("status").GetString()).ShouldBe((1, "scheduled"));
        attempt.GetProperty("started_at").ValueKind.ShouldBe(JsonValueKind.Null);

        await _edge.InsideAsync("POST", $"deliveries/{id}/cancel");
        (await GetAsync(Deliveries + id + "/attempts")).Json.GetProperty("attempts").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(Deliveries + "does-not-exist")]
    [InlineData(Deliveries + "does-not-exist/attempts")]
    [InlineData(Deliveries + "not%20an%20id")]
    [InlineData("/api/v1/internal/nothing")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/health")]
    [InlineData("/api/v1/emails")]
    [InlineData("/")]
    [InlineData("/openapi.json")]
    [InlineData("/captured")]
    [Trait("Requirement", "C08")]
    [Trait("Requirement", "C12")]
    [Trait("Requirement", "D05")]
    public async Task Anything_else_is_404_in_json(string path) => (await GetAsync(path)).ShouldBeError(404, "not_found");

    [Fact]
    public async Task A_wrong_method_is_405()
    {
        using var response = await _edge.Internal.PostAsync(Deliveries + "em_1", null);
        (await Answer.OfAsync(response)).ShouldBeError(405, "method_not_allowed");
    }

    [Fact]
    public async Task Failures_are_told_in_the_same_form()
    {
        var id = await _edge.AcceptAsync();
        _edge.Mailroom.ReadFails = new StoreUnavailableException("gone");
        var gone = await GetAsync(Deliveries + id);
        gone.ShouldBeError(503, "unavailable");
        gone.Headers.RetryAfter.ShouldNotBeNull();

        _edge.Mailroom.ReadFails = new InvalidOperationException("secret");
        (await GetAsync(Deliveries + id)).ShouldBeError(500, "internal_server_error");
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 401)]
    [InlineData("Bearer the-token-and-more", 401)]
    [InlineData("Basic the-token", 401)]
    [InlineData("Bearer the-token", 200)]
    public async Task A_token_is_needed_where_one_is_set(string? header, int status)
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { Token = "the-token" });
        var id = await edge.AcceptAsync();
        foreach (var path in new[] { Deliveries + id, Deliveries + id + "/attempts" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = header is null ? null : AuthenticationHeaderValue.Parse(header);
            using var response = await edge.Internal.SendAsync(request);
            var answer = await Answer.OfAsync(response);
            answer.Status.ShouldBe(status);
            if (status == 401)
            {
                answer.ShouldBeError(401, "unauthorized");
            }
        }
    }

    [Fact]
    [Trait("Requirement", "D04")]
    public async Task Headers_that_do_not_arrive_in_time_end_the_connection()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { HeaderTimeout = TimeSpan.FromMilliseconds(200) });
        await EndsAsync(edge, "GET /api/v1/internal/deliveries/x HTTP/1.1\r\nHost: x\r\n");
    }

    [Fact]
    [Trait("Requirement", "D04")]
    public async Task A_connection_that_rests_too_long_is_ended()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        await EndsAsync(edge, "GET /api/v1/internal/deliveries/x HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    [Fact]
    [Trait("Requirement", "D04")]
    public async Task A_body_that_nobody_asked_for_and_that_does_not_arrive_ends_the_connection()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { RequestTimeout = TimeSpan.FromMilliseconds(200) });
        await EndsAsync(edge, "GET /api/v1/internal/deliveries/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    }

    [Fact]
    [Trait("Requirement", "D04")]
    public async Task A_body_that_is_asked_for_and_does_not_arrive_ends_the_connection()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { RequestTimeout = TimeSpan.FromMilliseconds(200) });
        await EndsAsync(edge, "POST /api/v1/internal/orgs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
        edge.Orgs.Asked.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Requirement", "D04")]
    public void The_times_are_those_that_operators_count_on()
    {
        var options = new InternalApiOptions { Endpoints = [], Sender = new("a@example.com") };
        (options.HeaderTimeout, options.RequestTimeout, options.IdleTimeout, options.ReadTimeout)
            .ShouldBe((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData("GET", "deliveries", null)]
    [InlineData("GET", "deliveries/em_1", null)]
    [InlineData("GET", "deliveries/em_1/attempts", null)]
    [InlineData("GET", "deliveries/em_1/timeline", null)]
    [InlineData("POST", "deliveries/em_1/resend", null)]
    public async Task A_store_that_does_not_answer_in_time_is_504(string method, string path, string? body)
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { ReadTimeout = TimeSpan.FromMilliseconds(50) });
        edge.Mailroom.ReadsWaitFor = new TaskCompletionSource().Task;
        (await edge.InsideAsync(method, path, body)).ShouldBeError(504, "timeout");
    }

    [Fact]
    [Trait("Requirement", "D05")]
    public void No_internal_route_is_on_the_public_listener_and_no_public_one_inside()
    {
        _edge.PublicRoutes.ShouldNotContain(route => route.RoutePattern.RawText!.Contains("internal", StringComparison.Ordinal));
        _edge.InternalRoutes.ShouldAllBe(route => route.RoutePattern.RawText!.StartsWith("/api/v1/internal/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_route_asks_for_the_token_where_one_is_set()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { Token = "the-token" });
        foreach (var route in edge.InternalRoutes)
        {
            var path = route.RoutePattern.RawText!["/api/v1/internal/".Length..].Replace("{id}", "x", StringComparison.Ordinal);
            (await edge.InsideAsync(route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], path)).ShouldBeError(401, "unauthorized");
        }
    }

    /// <summary>Reads until the server closes: the test's only clock is that.</summary>
    private static async Task EndsAsync(Edge edge, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(edge.InternalEndpoint);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(socket.GetStream());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await reader.ReadToEndAsync(limit.Token);
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // Closed with a reset, because something was still to be read: ended all the same.
            return;
        }
    }

    private async Task<Answer> GetAsync(string path)
    {
        using var response = await _edge.Internal.GetAsync(path);
        return await Answer.OfAsync(response);
    }
}
