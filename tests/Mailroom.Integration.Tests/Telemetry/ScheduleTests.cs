using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Operators;
using Mailroom.Host.Telemetry;
using Microsoft.Extensions.Logging;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>The metrics of what waits.</summary>
public sealed class ScheduleTests : IDisposable
{
    private const string Depth = "mail.attempt_schedule.depth";
    private const string Age = "mail.attempt_schedule.oldest_age_ms";

    private static readonly OrgId Shop = new("org_shop");

    private readonly ManualClock _clock = new();
    private readonly MailMetrics _metrics = new();
    private readonly Measured _measured;
    private readonly ScheduleWatch _watch;
    private readonly WarningCount _log = new();
    private Func<CancellationToken, ValueTask<ScheduleFacts>> _store = _ => throw new InvalidOperationException("Not asked for.");
    private int _reads;

    public ScheduleTests()
    {
        _watch = new ScheduleWatch(Read, TimeSpan.FromSeconds(15), _clock, _log);
        Gauges.Add(_metrics.Meter, _watch, () => new NodeFigures(Running: 2, InLine: 3, IsStoreAvailable: true, Members: 2, Shards: 32), _clock);
        _measured = new Measured(_metrics.Meter);
    }

    public void Dispose()
    {
        _measured.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public void Before_the_store_has_answered_there_is_no_depth_rather_than_a_wrong_one()
    {
        _measured.Collect();

        _measured[Depth].ShouldBeNull();
        _measured[Age].ShouldBeNull();
        _measured["mail.attempt.running"].ShouldBe(2);
        _measured["mail.attempt.in_line"].ShouldBe(3);
        _measured["mail.store.available"].ShouldBe(1);
        _measured["mail.cluster.members"].ShouldBe(2);
        _measured["mail.cluster.shards"].ShouldBe(32);
    }

    [Theory]
    [InlineData(-1500, 1500)]
    [InlineData(0, 0)]
    [InlineData(60_000, 0)]
    [InlineData(null, 0)]
    [Trait("Requirement", "C13")]
    [Trait("Requirement", "C14")]
    public async Task The_age_is_the_time_since_the_oldest_due_and_never_below_zero(int? dueIn, double age)
    {
        await Look(dueIn is { } ms ? new(7, _clock.Now() + TimeSpan.FromMilliseconds(ms), []) : new(7, null, []));

        _measured.Collect();

        _measured[Depth].ShouldBe(7);
        _measured[Age].ShouldBe(age);
    }

    [Fact]
    [Trait("Requirement", "C14")]
    public async Task While_readings_succeed_the_age_is_as_of_the_last_one_because_what_was_due_is_sent_since()
    {
        await Look(new(1, _clock.Now(), []));

        _clock.Advance(TimeSpan.FromSeconds(14));
        _measured.Collect();

        _measured[Age].ShouldBe(0);
    }

    [Fact]
    [Trait("Requirement", "C14")]
    public async Task Nothing_is_sent_and_the_age_grows_from_reading_to_reading()
    {
        var due = _clock.Now();
        for (var reading = 1; reading <= 3; reading++)
        {
            _clock.Advance(TimeSpan.FromSeconds(15));
            await Look(new(1, due, []));
            _measured.Collect();
            _measured[Age].ShouldBe(reading * 15_000);
        }
    }

    [Fact]
    [Trait("Requirement", "C14")]
    public async Task The_store_fails_and_the_age_grows_all_the_time_until_it_answers_again()
    {
        await Look(new(4, _clock.Now(), [new(Shop, false, 4, _clock.Now())]));
        _store = _ => throw new StoreUnavailableException("It is down.");
        for (var second = 1; second <= 3; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await _watch.LookAsync(CancellationToken.None);
        }

        _clock.Advance(TimeSpan.FromMilliseconds(500));
        _measured.Collect();
        (_measured[Depth], _measured[Age], _measured["mail.org.oldest_age_ms{org=org_shop,lane=normal}"]).ShouldBe((4, 3500, 3500));
        _log.Warnings.ShouldBe(1);

        await Look(new(0, null, []));
        _measured.Collect();
        (_measured[Depth], _measured[Age], _measured["mail.org.oldest_age_ms{org=org_shop,lane=normal}"]).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task A_store_that_never_answers_is_given_up_after_five_seconds()
    {
        await Look(new(4, _clock.Now(), []));
        _store = _ => new(new TaskCompletionSource<ScheduleFacts>().Task);

        var look = _watch.LookAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(4));
        look.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await look.WaitAsync(TimeSpan.FromSeconds(30));

        _measured.Collect();
        _measured[Age].ShouldBe(5000);
        _log.Warnings.ShouldBe(1);
    }

    [Fact]
    public async Task Collecting_asks_the_store_nothing()
    {
        await Look(new(1, null, []));

        for (var i = 0; i < 100; i++)
        {
            _measured.Collect();
        }

        _reads.ShouldBe(1);
    }

    [Fact]
    public async Task Each_orgs_lane_has_its_own_age_and_is_at_zero_once_nothing_of_it_waits()
    {
        var due = _clock.Now();
        _clock.Advance(TimeSpan.FromSeconds(2));
        await Look(new(3, due, [new(Shop, false, 2, due), new(Shop, true, 1, due + TimeSpan.FromSeconds(1))]));
        _measured.Collect();
        _measured["mail.org.oldest_age_ms{org=org_shop,lane=normal}"].ShouldBe(2000);
        _measured["mail.org.oldest_age_ms{org=org_shop,lane=urgent}"].ShouldBe(1000);

        await Look(new(0, null, []));
        _measured.Collect();
        _measured["mail.org.oldest_age_ms{org=org_shop,lane=normal}"].ShouldBe(0);
        _measured["mail.org.oldest_age_ms{org=org_shop,lane=urgent}"].ShouldBe(0);
    }

    [Fact]
    public void However_many_orgs_there_are_the_series_are_bounded_and_none_is_left_out()
    {
        var series = new LaneSeries(most: 3);
        var now = new Instant(10_000);
        for (var org = 0; org < 1_000; org++)
        {
            var lanes = new[] { new LaneFacts(new($"org_{org}"), false, 1, now + TimeSpan.FromMilliseconds(-org)), new LaneFacts(new($"org_{org}b"), false, 1, now) };
            var measured = series.Measure(new(now, new(2, null, lanes), IsStale: false), now);

            measured.Count.ShouldBeLessThanOrEqualTo(4);
            measured.Max(measurement => measurement.Value).ShouldBe(org);
        }
    }

    private Task Look(ScheduleFacts facts)
    {
        _store = _ => new(facts);
        return _watch.LookAsync(CancellationToken.None);
    }

    private ValueTask<ScheduleFacts> Read(Instant now, int lanes, CancellationToken cancel)
    {
        _reads++;
        now.ShouldBe(_clock.Now());
        lanes.ShouldBe(ScheduleWatch.MostLanes);
        return _store(cancel);
    }

    private sealed class WarningCount : ILogger
    {
        public int Warnings { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Warnings += logLevel == LogLevel.Warning ? 1 : 0;
    }
}
