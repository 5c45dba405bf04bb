namespace Mailroom.Mail.Kit;

/// <summary>A clock that only the test moves. Tells when a timer with a given due time is armed, so that a test moves it no sooner.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(TimeSpan Least, TimeSpan Most, TaskCompletionSource Armed)> _waiters = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes once some timer is armed that has exactly <paramref name="due"/> to go.</summary>
    public Task UntilArmedAsync(TimeSpan due) => UntilArmedAsync(due, due);

    /// <summary>Completes once some timer is armed that has no more than <paramref name="within"/> to go.</summary>
    public Task UntilDueAsync(TimeSpan within) => UntilArmedAsync(TimeSpan.Zero, within);

    private Task UntilArmedAsync(TimeSpan least, TimeSpan most)
    {
        lock (_gate)
        {
            if (_timers.Exists(timer => timer.DueAt >= _now + least && timer.DueAt <= _now + most))
            {
                return Task.CompletedTask;
            }
            var armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((least, most, armed));
            return armed.Task.WaitAsync(ScriptedServer.Patience);
        }
    }

    /// <summary>Moves the clock and runs what has become due.</summary>
    public void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (_gate)
        {
            _now += by;
            due = _timers.FindAll(timer => timer.DueAt <= _now);
            due.ForEach(timer => timer.Rearm(_now));
        }
        due.ForEach(timer => timer.Fire());
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan? DueAt { get; private set; }

        public void Fire() => callback(state);

        public void Rearm(TimeSpan now) => DueAt = _period > TimeSpan.Zero ? now + _period : null;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                _period = period;
                DueAt = dueTime < TimeSpan.Zero ? null : owner._now + dueTime;
                owner._timers.Remove(this);
                if (DueAt is not null)
                {
                    owner._timers.Add(this);
                }
                foreach (var waiter in owner._waiters.FindAll(waiter => dueTime >= waiter.Least && dueTime <= waiter.Most))
                {
                    owner._waiters.Remove(waiter);
                    waiter.Armed.SetResult();
                }
                return true;
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
