using System.Net.Http.Headers;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests;

public sealed class AuthTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    public static TheoryData<string, string> Endpoints() => new()
    {
        { "POST", "/api/v1/emails" }, { "POST", "/api/v1/emails/batch" }, { "GET", "/api/v1/emails" }, { "GET", "/api/v1/emails/em_1" },
        { "GET", "/api/v1/emails/em_1/timeline" }, { "PATCH", "/api/v1/emails/em_1" }, { "POST", "/api/v1/emails/em_1/cancel" },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Every_endpoint_needs_a_key(string method, string path)
    {
        var answer = await _edge.SendAsync(new HttpMethod(method), path, Mails.Simple, key: null);

        answer.ShouldBeProblem(401, "missing_api_key");
        answer.Json.GetProperty("name").GetString().ShouldBe("missing_api_key");
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Every_endpoint_refuses_an_unknown_key(string method, string path)
    {
        var answer = await _edge.SendAsync(new HttpMethod(method), path, Mails.Simple, "mr_test_unknownunknown");

        answer.ShouldBeProblem(403, "invalid_api_key");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Basic bXJfdGVzdA==")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer re_123456789")]
    [InlineData("Bearer mr_test_")]
    [InlineData("Bearer mr_test_has spaces inside")]
    [InlineData("mr_test_abcdefghijklmnop")]
    public async Task A_header_that_holds_no_key_is_401(string header)
    {
        var answer = await _edge.SendAsync(HttpMethod.Get, "/api/v1/emails", key: null, change: request => request.Headers.TryAddWithoutValidation("Authorization", header));

        answer.ShouldBeProblem(401, "missing_api_key");
        _edge.Keys.LookUps.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_too_long_is_not_looked_up()
    {
        (await _edge.GetAsync("/api/v1/emails", "mr_test_" + new string('a', 200))).ShouldBeProblem(401, "missing_api_key");
        _edge.Keys.LookUps.ShouldBe(0);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_may_be_written_in_any_case(string scheme)
    {
        var answer = await _edge.SendAsync(HttpMethod.Get, "/api/v1/emails", key: null, change: request => request.Headers.Authorization = new AuthenticationHeaderValue(scheme, Edge.Key));
        answer.Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_revoked_key_is_refused()
    {
        _edge.Keys.Add("mr_test_revokedrevoked", OrgId.Default, Instant.Epoch);
        (await _edge.GetAsync("/api/v1/emails", "mr_test_revokedrevoked")).ShouldBeProblem(403, "invalid_api_key");
    }

    [Fact]
    public async Task Keys_good_and_bad_are_looked_up_once_while_they_are_believed()
    {
        for (var i = 0; i < 5; i++)
        {
            (await _edge.GetAsync("/api/v1/emails")).Status.ShouldBe(200);
            (await _edge.GetAsync("/api/v1/emails", "mr_test_unknownunknown")).Status.ShouldBe(403);
        }

        _edge.Keys.LookUps.ShouldBe(2);
    }

    [Fact]
    public async Task A_revoked_key_stops_working_once_it_is_no_longer_believed()
    {
        await using var edge = await Edge.StartAsync(options => options with { KeyCacheTime = TimeSpan.Zero });
        (await edge.GetAsync("/api/v1/emails")).Status.ShouldBe(200);
        (await edge.Keys.RevokeAsync("key_0", TimeProvider.System.Now(), CancellationToken.None)).ShouldBeTrue();
        (await edge.GetAsync("/api/v1/emails")).ShouldBeProblem(403, "invalid_api_key");
    }

    [Fact]
    public async Task Requests_that_come_together_share_one_look_up()
    {
        var release = new TaskCompletionSource();
        _edge.Keys.Before = () => release.Task;
        var first = _edge.GetAsync("/api/v1/emails");
        var others = Enumerable.Range(0, 20).Select(_ => _edge.GetAsync("/api/v1/emails")).ToArray();
        release.SetResult();

        (await first).Status.ShouldBe(200);
        (await Task.WhenAll(others)).ShouldAllBe(answer => answer.Status == 200);
        _edge.Keys.LookUps.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_cannot_say_is_503_and_not_remembered()
    {
        _edge.Keys.Fails = new StoreUnavailableException("gone");
        (await _edge.GetAsync("/api/v1/emails")).ShouldBeProblem(503, "unavailable");
        _edge.Keys.Fails = null;
        (await _edge.GetAsync("/api/v1/emails")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_noted_in_batches_and_at_the_end()
    {
        await using var edge = await Edge.StartAsync(options => options with { KeyUseInterval = TimeSpan.FromMilliseconds(20) });
        await edge.GetAsync("/api/v1/emails");
        var used = await edge.Keys.Touched.Reader.ReadAsync();
        used.Keys.ShouldBe(["key_0"]);
        used["key_0"].ToDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));

        await _edge.GetAsync("/api/v1/emails", Edge.OtherKey);
        _edge.Keys.Touched.Reader.Count.ShouldBe(0);
        await _edge.StopPublicAsync();
        (await _edge.Keys.Touched.Reader.ReadAsync()).Keys.ShouldBe(["key_1"]);
    }
}
