namespace Mailroom.Actors.Kit;

/// <summary>A clock that stands still until it is moved. Timers fire in order of their time, on the thread that moves it.</summary>
public sealed class ManualClock : TimeProvider
{
    /// <summary>2030-01-01T00:00:00Z, a whole number of every unit that the kernel counts in.</summary>
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, int Setting), (long At, long Order)> _timers = new();
    private TimeSpan _elapsed;
    private TimeSpan _offset;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + _elapsed + _offset;

    public override long GetTimestamp() => _elapsed.Ticks;

    /// <summary>Sets the wall clock forward or back. Timers and timestamps do not notice, as on a real machine.</summary>
    public void Jump(TimeSpan by) => _offset += by;

    /// <summary>How long until the next timer; null: none is set.</summary>
    public TimeSpan? UntilNextTimer()
    {
        lock (_gate)
        {
            return Peek() is { } at ? new TimeSpan(Math.Max(0, at - _elapsed.Ticks)) : null;
        }
    }

    /// <summary>Moves on, firing what becomes due on the way at its own time, and calls <paramref name="afterEach"/> after each.</summary>
    public void Advance(TimeSpan by, Action? afterEach = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = _elapsed + by;
        while (TakeDue(end) is { } due)
        {
            Inline.Do(due.Fire);
            afterEach?.Invoke();
        }

        _elapsed = end;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? TakeDue(TimeSpan end)
    {
        lock (_gate)
        {
            if (Peek() is not { } at || at > end.Ticks)
            {
                return null;
            }

            var (timer, _) = _timers.Dequeue();
            _elapsed = new TimeSpan(Math.Max(_elapsed.Ticks, at));
            timer.Repeat();
            return timer;
        }
    }

    /// <summary>Forgets settings that were changed since, and gives the first one's time.</summary>
    private long? Peek()
    {
        while (_timers.TryPeek(out var next, out var when))
        {
            if (next.Timer.Setting == next.Setting)
            {
                return when.At;
            }

            _timers.Dequeue();
        }

        return null;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public int Setting { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                Setting++;
                _period = period;
                Set(dueTime);
                return true;
            }
        }

        public void Repeat()
        {
            Setting++;
            Set(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan wait)
        {
            if (wait != Timeout.InfiniteTimeSpan)
            {
                clock._timers.Enqueue((this, Setting), (clock._elapsed.Ticks + wait.Ticks, clock._order++));
            }
        }
    }
}
