using Mailroom.Api.Tests.Fakes;

namespace Mailroom.Api.Tests;

public sealed class CapturedTests : IAsyncLifetime
{
    private readonly FakeCapturedMails _mails = new();
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync(captured: _mails);

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    public static TheoryData<string> Paths() =>
    [
        "/captured", "/captured/captured.css", "/captured/captured.js", "/captured/mails", "/captured/mails/em_1", "/captured/mails/em_1/html",
        "/captured/mails/em_1/raw", "/captured/mails/em_1/download",
    ];

    [Fact]
    public async Task The_root_leads_to_the_page()
    {
        var answer = await GetAsync("/");
        answer.Status.ShouldBe(302);
        answer.Headers.Location!.OriginalString.ShouldBe("/captured");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Everything_is_there_without_a_key_and_with_a_policy(string path)
    {
        _mails.Add("em_1", html: "<p>x");
        var answer = await GetAsync(path);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain("default-src 'none'");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_name_from_elsewhere_is_refused(string path)
    {
        _mails.Add("em_1", html: "<p>x");
        foreach (var host in new[] { "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.1" })
        {
            (await GetAsync(path, host)).ShouldBeProblem(421, "host_not_allowed");
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8090")]
    [InlineData("127.0.0.1")]
    [InlineData("127.5.5.5:80")]
    [InlineData("[::1]:8090")]
    public async Task A_loopback_name_is_served(string host) => (await GetAsync("/captured/mails", host)).Status.ShouldBe(200);

    [Theory]
    [InlineData("/captured/mails/em_9")]
    [InlineData("/captured/mails/em_9/html")]
    [InlineData("/captured/mails/em_9/raw")]
    [InlineData("/captured/mails/em_9/download")]
    [InlineData("/captured/mails/%22%0d%0a")]
    public async Task A_mail_that_is_not_there_is_404(string path) => (await GetAsync(path)).ShouldBeProblem(404, "not_found");

    [Fact]
    public async Task Html_is_given_whole_but_without_any_right()
    {
        _mails.Add("em_1", html: "<script>alert(1)</script>");
        var answer = await GetAsync("/captured/mails/em_1/html");

        answer.Text.ShouldBe("<script>alert(1)</script>");
        var policy = answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
        policy.ShouldStartWith("sandbox;");
        policy.ShouldNotContain("script-src");
        policy.ShouldNotContain("allow-");
    }

    [Fact]
    public async Task The_raw_message_can_be_read_and_kept_as_a_file()
    {
        _mails.Add("em_1");
        var raw = await GetAsync("/captured/mails/em_1/raw");
        using var file = await _edge.Http.GetAsync("/captured/mails/em_1/download");

        raw.Type!.MediaType.ShouldBe("text/plain");
        raw.Text.ShouldBe("Subject: Hi\r\n\r\nHello");
        file.Content.Headers.ContentType!.MediaType.ShouldBe("message/rfc822");
        file.Content.Headers.ContentDisposition!.ToString().ShouldBe("attachment; filename=\"em_1.eml\"");
        (await file.Content.ReadAsStringAsync()).ShouldBe(raw.Text);
    }

    [Fact]
    public async Task The_mails_can_be_thrown_away_from_their_own_page_only()
    {
        _mails.Add("em_1");
        (await ClearAsync("http://evil.example", null)).ShouldBeProblem(421, "host_not_allowed");
        (await ClearAsync(null, "cross-site")).ShouldBeProblem(421, "host_not_allowed");
        _mails.Newest(10).Count.ShouldBe(1);

        (await ClearAsync($"http://{_edge.PublicEndpoint}", "same-origin")).Status.ShouldBe(204);
        _mails.Newest(10).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_watcher_learns_of_every_change()
    {
        using var response = await _edge.Http.GetAsync("/captured/events", HttpCompletionOption.ResponseHeadersRead);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        (await EventAsync(reader)).ShouldBe("0");
        _mails.Add("em_1");
        (await EventAsync(reader)).ShouldBe("1");
        await _mails.ClearAsync(CancellationToken.None);
        (await EventAsync(reader)).ShouldBe("2");
    }

    [Fact]
    public async Task Watchers_are_bounded_and_give_their_place_back()
    {
        await using var edge = await Edge.StartAsync(options => options with { MaxCapturedWatchers = 1 }, captured: _mails);
        using (var first = await edge.Http.GetAsync("/captured/events", HttpCompletionOption.ResponseHeadersRead))
        {
            first.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
            (await edge.GetAsync("/captured/events", key: null)).ShouldBeProblem(503, "busy");
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            using var next = await edge.Http.GetAsync("/captured/events", HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (next.IsSuccessStatusCode)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task An_open_page_does_not_hold_up_the_stop()
    {
        using var response = await _edge.Http.GetAsync("/captured/events", HttpCompletionOption.ResponseHeadersRead);
        await _edge.StopPublicAsync().WaitAsync(TimeSpan.FromSeconds(5));
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("event: changed");
    }

    private Task<Answer> GetAsync(string path, string? host = null) =>
        _edge.SendAsync(HttpMethod.Get, path, key: null, change: request => request.Headers.Host = host);

    private Task<Answer> ClearAsync(string? origin, string? site) => _edge.SendAsync(HttpMethod.Delete, "/captured/mails", key: null, change: request =>
    {
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }
    });

    private static async Task<string> EventAsync(StreamReader reader)
    {
        (await reader.ReadLineAsync()).ShouldBe("event: changed");
        var data = await reader.ReadLineAsync();
        (await reader.ReadLineAsync()).ShouldBe("");
        return data!["data: ".Length..];
    }
}
