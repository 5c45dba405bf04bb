using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Tests;

/// <summary>The real listeners on free ports over a core in memory.</summary>
public sealed class Edge : IAsyncDisposable
{
    public const string Key = "mr_test_abcdefghijklmnop";
    public const string OtherKey = "mr_live_the-key-of-another-org";

    private readonly WebApplication _public;
    private readonly WebApplication _internal;

    private Edge(WebApplication outside, WebApplication inside, FakeMailroom mailroom, FakeOperators operators, FakeKeys keys, FakeStore store, Readiness readiness, LogLines log)
    {
        (_public, _internal) = (outside, inside);
        (Mailroom, Operators, Keys, Store, Readiness, Log) = (mailroom, operators, keys, store, readiness, log);
        PublicEndpoint = MailroomApi.BoundEndpoints(outside)[0];
        InternalEndpoint = MailroomApi.BoundEndpoints(inside)[0];
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://{PublicEndpoint}") };
        Internal = new HttpClient { BaseAddress = new Uri($"http://{InternalEndpoint}") };
    }

    public FakeMailroom Mailroom { get; }

    public FakeOrgs Orgs => Mailroom.Orgs;

    public FakeOperators Operators { get; }

    public FakeKeys Keys { get; }

    public FakeStore Store { get; }

    public Readiness Readiness { get; }

    public LogLines Log { get; }

    public IPEndPoint PublicEndpoint { get; }

    public IPEndPoint InternalEndpoint { get; }

    public IEnumerable<RouteEndpoint> PublicRoutes => RoutesOf(_public);

    public IEnumerable<RouteEndpoint> InternalRoutes => RoutesOf(_internal);

    /// <summary>What decides about the lives of the two listeners beside their caller.</summary>
    public IEnumerable<IHostLifetime> Lifetimes => [_public.Services.GetRequiredService<IHostLifetime>(), _internal.Services.GetRequiredService<IHostLifetime>()];

    /// <summary>Without a key.</summary>
    /// <summary>What the database says of the nodes.</summary>
    private static ClusterView View => new(
        2,
        [
            new(2, "mail-1", "http://mail-1:8070", IsStopping: false, Instant.Epoch, TimeSpan.FromSeconds(9)),
            new(3, "mail-2", "http://mail-2:8070", IsStopping: true, Instant.Epoch, TimeSpan.FromSeconds(-2)),
        ],
        [new(2, 7), new(3, 4), new(1, 9)], Instant.Epoch);

    public HttpClient Http { get; }

    public HttpClient Internal { get; }

    private static IEnumerable<RouteEndpoint> RoutesOf(WebApplication listener) =>
        ((IEndpointRouteBuilder)listener).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public static async Task<Edge> StartAsync(
        Func<ApiOptions, ApiOptions>? options = null, Func<InternalApiOptions, InternalApiOptions>? inside = null,
        ICapturedMails? captured = null, LogLevel log = LogLevel.Information)
    {
        var mailroom = new FakeMailroom(TimeProvider.System);
        var keys = new FakeKeys();
        keys.Add(Key, OrgId.Default);
        keys.Add(OtherKey, new OrgId("org_other"));
        var operators = new FakeOperators(mailroom);
        var store = new FakeStore();
        var readiness = new Readiness();
        readiness.MarkReady();
        var lines = new LogLines(log);
        var dependencies = new ApiDependencies
        {
            Intake = mailroom,
            Actors = mailroom,
            Deliveries = mailroom,
            Orgs = mailroom.Orgs,
            Operators = operators,
            Keys = keys,
            Templates = new FakeTemplates(),
            Store = store,
            IsStoreAvailable = () => store.TakesWrites,
            Cluster = _ => new(View),
            Captured = captured,
            Clock = TimeProvider.System,
            Readiness = readiness,
            Logs = lines,
        };
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        var publicOptions = new ApiOptions { Endpoints = [loopback], KeyCacheTime = TimeSpan.FromMinutes(1) };
        var internalOptions = new InternalApiOptions { Endpoints = [loopback], Sender = new("mailroom@example.com", "Mailroom") };
        var outside = MailroomApi.BuildPublic(dependencies, options?.Invoke(publicOptions) ?? publicOptions);
        var within = MailroomApi.BuildInternal(dependencies, inside?.Invoke(internalOptions) ?? internalOptions);
        await outside.StartAsync();
        await within.StartAsync();
        return new Edge(outside, within, mailroom, operators, keys, store, readiness, lines);
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? body = null, string? key = Key, string? idempotencyKey = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey).ShouldBeTrue();
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        change?.Invoke(request);
        using var response = await Http.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    /// <summary>To the internal listener.</summary>
    public async Task<Answer> InsideAsync(
        string method, string path, string? body = null, string? idempotencyKey = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/internal/" + path);
        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey).ShouldBeTrue();
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        change?.Invoke(request);
        using var response = await Internal.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public Task<Answer> PostAsync(string body, string path = "/api/v1/emails", string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, path, body, idempotencyKey: idempotencyKey);

    public Task<Answer> GetAsync(string path, string? key = Key) => SendAsync(HttpMethod.Get, path, key: key);

    /// <summary>Accepts a mail and gives its id.</summary>
    public async Task<string> AcceptAsync(string body = Mails.Simple)
    {
        var answer = await PostAsync(body);
        answer.Status.ShouldBe(202, answer.Text);
        return answer.Json.GetProperty("id").GetString()!;
    }

    public async Task StopPublicAsync() => await _public.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Internal.Dispose();
        await _public.DisposeAsync();
        await _internal.DisposeAsync();
        Log.Dispose();
    }
}

/// <summary>One response, read.</summary>
public sealed record Answer(int Status, string Text, HttpResponseHeaders Headers, MediaTypeHeaderValue? Type)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public string Code => Json.GetProperty("code").GetString()!;

    public string[] Fields => [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()!)];

    public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
        new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType);

    /// <summary>Checks the internal listener's form of an error; <paramref name="fields"/>: exactly those at fault.</summary>
    public void ShouldBeError(int status, string code, params string[] fields)
    {
        Status.ShouldBe(status, Text);
        Type!.MediaType.ShouldBe("application/json");
        var error = Json.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe(code, Text);
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        string?[] told = error.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateArray().Select(fault => fault.GetProperty("field").GetString())] : [];
        told.ShouldBe(fields, Text);
        Text.ShouldNotContain("secret");
        Text.ShouldNotContain("Exception");
    }

    /// <summary>Checks everything that all problems have in common.</summary>
    public void ShouldBeProblem(int status, string code)
    {
        Status.ShouldBe(status, Text);
        Type?.MediaType.ShouldBe("application/problem+json");
        var json = Json;
        json.GetProperty("status").GetInt32().ShouldBe(status);
        json.GetProperty("statusCode").GetInt32().ShouldBe(status);
        json.GetProperty("code").GetString().ShouldBe(code, Text);
        json.GetProperty("type").GetString().ShouldBe("/docs#error-" + code);
        json.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        json.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
        json.GetProperty("message").GetString().ShouldBe(json.GetProperty("detail").GetString());
        json.GetProperty("trace_id").GetString()!.Length.ShouldBe(32);
        Text.ShouldNotContain("   at ");
        Text.ShouldNotContain("Exception");
    }
}

public static class Mails
{
    public const string Simple = """{"from":"a@example.com","to":"b@example.com","subject":"Hi","text":"Hello"}""";
}
