namespace Mailroom.Api.Tests;

public sealed class HealthTests : IAsyncLifetime
{
    private const string Ok = """{"status":"ok"}""";
    private const string Degraded = """{"status":"degraded"}""";

    private Edge _edge = null!;

    public static TheoryData<string, int> TakingNoMail => new()
    {
        { "/api/health", 503 },
        { "/health", 200 },
        { "/health/live", 200 },
        { "/health/ready", 503 },
        { "/health/startup", 200 },
    };

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData("/api/health")]
    [InlineData("/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/health/startup")]
    public async Task All_is_well(string path)
    {
        var answer = await _edge.GetAsync(path, key: null);

        (answer.Status, answer.Text).ShouldBe((200, Ok));
        (await _edge.SendAsync(HttpMethod.Head, path, key: null)).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("/api/health", 503)]
    [InlineData("/health", 503)]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 503)]
    [InlineData("/health/startup", 200)]
    public async Task A_store_that_is_not_well_shows_where_it_matters(string path, int status)
    {
        _edge.Store.Healthy = () => false;
        await StatusAsync(path, status);
    }

    [Theory]
    [MemberData(nameof(TakingNoMail))]
    public async Task A_store_that_is_read_and_not_written_to_takes_no_mail(string path, int status)
    {
        _edge.Store.TakesWrites = false;
        await StatusAsync(path, status);
    }

    [Theory]
    [MemberData(nameof(TakingNoMail))]
    public async Task A_stopping_process_is_not_ready(string path, int status)
    {
        _edge.Readiness.MarkStopping();
        await StatusAsync(path, status);
    }

    [Fact]
    public async Task A_store_that_throws_is_not_well_and_the_cause_is_in_the_log()
    {
        _edge.Store.Healthy = () => throw new InvalidOperationException("disk");
        await StatusAsync("/health", 503);
        _edge.Log.All.ShouldContain(entry => entry.Text.Contains("disk", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_who_ask_cost_the_store_little()
    {
        var asked = 0;
        _edge.Store.Healthy = () => Interlocked.Increment(ref asked) > 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _edge.GetAsync("/health", key: null)));
        asked.ShouldBeLessThan(50);
    }

    [Fact]
    public void Readiness_only_goes_forward()
    {
        var readiness = new Readiness();
        (readiness.HasStarted, readiness.IsReady).ShouldBe((false, false));
        readiness.MarkReady();
        (readiness.HasStarted, readiness.IsReady).ShouldBe((true, true));
        readiness.MarkStopping();
        readiness.MarkReady();
        (readiness.HasStarted, readiness.IsReady).ShouldBe((true, false));
    }

    private async Task StatusAsync(string path, int status)
    {
        var answer = await _edge.GetAsync(path, key: null);
        (answer.Status, answer.Text).ShouldBe((status, status == 200 ? Ok : Degraded));
    }
}
