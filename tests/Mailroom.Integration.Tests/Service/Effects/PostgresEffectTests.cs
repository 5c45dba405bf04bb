using System.Diagnostics;
using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>The settings of the connections to PostgreSQL, as the server sees them.</summary>
[Collection(AloneCollection.Name)]
public sealed class PostgresEffectTests : IAsyncLifetime
{
    /// <summary>The writer has one connection to itself beside the pool.</summary>
    private const int Writer = 1;

    private readonly HttpClient _http = new();
    private TestPostgres _database = null!;
    private TestStore _store = null!;

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.Create();
        _store = await TestStore.Create(TestStore.Sqlite);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task An_operation_is_given_up_at_the_time_that_is_set()
    {
        await using var service = await Start(("MAIL_POSTGRES_OPERATION_TIMEOUT", "50ms"));
        await using var held = await HeldTable.Lock(_database, "mail.deliveries");

        var since = Stopwatch.GetTimestamp();
        (await Ask(service)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        await held.Release();
    }

    [Theory]
    [InlineData("4", 2, 4)]
    [InlineData("14", 8, 14)]
    [Trait("Requirement", "D27")]
    public async Task No_more_connections_are_open_than_set(string setting, int least, int most)
    {
        await using var service = await Start(("MAIL_POSTGRES_MAX_OPEN_CONNS", setting), ("MAIL_POSTGRES_MAX_IDLE_CONNS", "1"));

        var seen = await Burst(service);

        seen.ShouldBeInRange(least, most);
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task No_more_connections_stay_idle_than_set()
    {
        await using var service = await Start(("MAIL_POSTGRES_MAX_OPEN_CONNS", "14"), ("MAIL_POSTGRES_MAX_IDLE_CONNS", "2"));

        (await Burst(service)).ShouldBeGreaterThan(2 + Writer);

        await Eventually.True(async () => await Connections() <= 2 + Writer, "the connections that nobody needs to be closed", TimeSpan.FromMinutes(1));
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task A_connection_is_replaced_at_the_age_that_is_set()
    {
        await using var service = await Start(("MAIL_POSTGRES_CONN_MAX_LIFETIME", "1s"));
        (await Ask(service)).ShouldBe(HttpStatusCode.NotFound);
        var first = await Backends();

        await Eventually.True(
            async () =>
            {
                await Ask(service);
                return (await Backends()).Intersect(first).Count() <= Writer;
            },
            "the first connections to be replaced");
    }

    private Task<RunningMailroom> Start(params (string Name, string Value)[] settings) => RunningMailroom.Start(
        _store, smtpPort: 25, [("MAILROOM_STORE", "postgres"), ("MAIL_POSTGRES_PRIMARY_DSN", _database.ConnectionString), ("MAILROOM_SQLITE_PATH", ""), .. settings]);

    private async Task<HttpStatusCode> Ask(RunningMailroom service) =>
        (await _http.GetAsync(new Uri(service.Internal, "/api/v1/internal/deliveries/does-not-exist"))).StatusCode;

    /// <summary>Twelve requests at a time that the database does not answer, and the most connections seen meanwhile.</summary>
    private async Task<long> Burst(RunningMailroom service)
    {
        await using var held = await HeldTable.Lock(_database, "mail.deliveries");
        var asked = Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Ask(service)));
        var most = 0L;
        await Eventually.True(
            async () =>
            {
                most = Math.Max(most, await Connections());
                return asked.IsCompleted;
            },
            "the requests to be given up");
        (await asked).ShouldAllBe(status => status == HttpStatusCode.ServiceUnavailable);
        await held.Release();
        return most;
    }

    private Task<long> Connections() =>
        _database.Scalar<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mailroom'");

    private Task<int[]> Backends() => _database.Scalar<int[]>(
        "SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mailroom'");
}
