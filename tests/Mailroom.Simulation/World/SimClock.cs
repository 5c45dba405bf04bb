using Mailroom.Actors.Kit;

namespace Mailroom.Simulation.World;

/// <summary>How a machine's clocks differ from true time. The monotonic one drifts; the wall clock drifts with it, is off, and jumps.</summary>
internal sealed class MachineClock(int driftPpm, TimeSpan offset)
{
    private const long Million = 1_000_000;

    private TimeSpan _offset = offset;

    public TimeSpan Monotonic(TimeSpan now) => new(now.Ticks + now.Ticks * driftPpm / Million);

    public DateTimeOffset Wall(TimeSpan now) => ManualClock.Start + Monotonic(now) + _offset;

    /// <summary>When the monotonic clock shows <paramref name="shown"/>, in true time; not before it.</summary>
    public TimeSpan WhenMonotonicShows(TimeSpan shown)
    {
        var at = new TimeSpan((long)(shown.Ticks / (1.0 + driftPpm / (double)Million)));
        while (Monotonic(at) < shown)
        {
            at += new TimeSpan(1);
        }

        return at;
    }

    /// <summary>Somebody sets the wall clock. Timers do not notice, as on a real machine.</summary>
    public void Jump(TimeSpan by) => _offset += by;
}

/// <summary>A machine's clocks as one process sees them, and the process's timers.</summary>
internal sealed class SimClock(Timeline timeline, SimProcess process, MachineClock clock) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    private TimeSpan _readAt;
    private int _reads;

    public override DateTimeOffset GetUtcNow() => clock.Wall(timeline.Now);

    /// <summary>Reading it takes time, if little, so that what spins until a time has come gets there.</summary>
    public override long GetTimestamp()
    {
        _reads = _readAt == timeline.Now ? _reads + 1 : 0;
        _readAt = timeline.Now;
        return clock.Monotonic(timeline.Now).Ticks + (_reads / 16);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Set(SimTimer timer, int setting, TimeSpan wait) =>
        timeline.At(clock.WhenMonotonicShows(clock.Monotonic(timeline.Now) + wait), process, timer, setting);
}

internal sealed class SimTimer(SimClock clock, TimerCallback callback, object? state) : ITimer
{
    private int _setting;
    private TimeSpan _period;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _period = period;
        Set(dueTime);
        return true;
    }

    public void Fire(int setting)
    {
        if (setting == _setting)
        {
            Set(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);
            callback(state);
        }
    }

    public void Dispose() => _setting++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Set(TimeSpan wait)
    {
        _setting++;
        if (wait != Timeout.InfiniteTimeSpan)
        {
            clock.Set(this, _setting, wait);
        }
    }
}
