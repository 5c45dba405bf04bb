using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

public sealed class DueWheelTests
{
    [Fact]
    public void Every_near_time_fires_once_and_never_early() => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt[]>(), choices =>
    {
        var clock = new ManualClock();
        var fired = new Fired(clock);
        using var wheel = new DueWheel(clock);
        var added = 0;
        foreach (var choice in choices)
        {
            var wait = TimeSpan.FromMilliseconds(choice.Get * 37 % 8000);
            wheel.Add(fired, "id", Instant.From(clock.GetUtcNow()) + wait);
            added++;
            clock.Advance(TimeSpan.FromMilliseconds(choice.Get % 90));
        }

        clock.Advance(TimeSpan.FromSeconds(10));
        fired.Early.ShouldBe(0);
        fired.Count.ShouldBe(added);
        wheel.Count.ShouldBe(0);
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(300));

    [Fact]
    public void A_tick_that_comes_late_does_not_fire_what_was_added_meanwhile_for_later()
    {
        var clock = new LateClock();
        var fired = new Fired(clock);
        using var wheel = new DueWheel(clock);
        wheel.Add(fired, "near", Instant.From(clock.GetUtcNow()) + TimeSpan.FromMilliseconds(50));
        clock.Now += TimeSpan.FromMilliseconds(400);

        wheel.Add(fired, "far", Instant.From(clock.GetUtcNow()) + TimeSpan.FromMilliseconds(8100));
        clock.Tick!();

        fired.Early.ShouldBe(0);
        fired.Count.ShouldBe(1);
    }

    [Fact]
    public void A_far_time_is_left_to_the_scan()
    {
        var clock = new ManualClock();
        using var wheel = new DueWheel(clock);

        wheel.Add(new Fired(clock), "id", Instant.From(clock.GetUtcNow()) + TimeSpan.FromMinutes(1));

        wheel.Count.ShouldBe(0);
    }

    [Fact]
    public void The_wheel_takes_no_more_than_it_can_hold()
    {
        var clock = new ManualClock();
        using var wheel = new DueWheel(clock);
        for (var i = 0; i < 70_000; i++)
        {
            wheel.Add(new Fired(clock), "id", Instant.From(clock.GetUtcNow()) + TimeSpan.FromSeconds(1));
        }

        wheel.Count.ShouldBe(65_536);
    }

    [Fact]
    public void A_pause_longer_than_a_turn_of_the_wheel_loses_nothing()
    {
        var clock = new LateClock();
        var fired = new Fired(clock);
        using var wheel = new DueWheel(clock);
        Enumerable.Range(1, 80).ToList().ForEach(i => wheel.Add(fired, "id", Instant.From(clock.GetUtcNow()) + TimeSpan.FromMilliseconds(100 * i)));

        clock.Now += TimeSpan.FromMinutes(5);
        clock.Tick!();

        fired.Count.ShouldBe(80);
    }

    private sealed class Fired(TimeProvider clock) : IWakes
    {
        public int Count { get; private set; }

        public int Early { get; private set; }

        public void Wake(string id, Instant at)
        {
            Count++;
            Early += clock.Now() < at ? 1 : 0;
        }
    }

    /// <summary>A clock whose timer fires when the test says so.</summary>
    private sealed class LateClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = ManualClock.Start;

        public Action? Tick { get; private set; }

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Tick = () => callback(state);
            return new ManualClock().CreateTimer(callback, state, dueTime, period);
        }
    }
}
