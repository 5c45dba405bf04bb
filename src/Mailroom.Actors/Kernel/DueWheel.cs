namespace Mailroom.Actors.Kernel;

/// <summary>Who is told that an id's time has come.</summary>
internal interface IWakes
{
    void Wake(string id, Instant at);
}

/// <summary>
/// One timing wheel for all near due times of a node: 512 slots of 16 ms. The rows are the timers; this only saves the
/// wait for the next scan, so it may forget everything and refuses what is far away or too much.
/// </summary>
internal sealed class DueWheel : IDisposable
{
    private const int Slots = 512;
    private const int SlotMilliseconds = 16;
    private const int Capacity = 65_536;

    private readonly Lock _gate = new();
    private readonly List<Entry>?[] _slots = new List<Entry>?[Slots];
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly List<Entry> _firing = [];
    private long _lastSlot;
    private int _count;
    private bool _ticking;
    private bool _disposed;

    public DueWheel(TimeProvider clock)
    {
        _clock = clock;
        _lastSlot = SlotNow();
        _timer = clock.CreateTimer(static wheel => ((DueWheel)wheel!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count => Volatile.Read(ref _count);

    public void Add(IWakes who, string id, Instant at)
    {
        var slot = SlotOf(at);
        lock (_gate)
        {
            var now = SlotNow();
            if (_count == 0)
            {
                _lastSlot = now;
            }

            // From the last slot that fired, not from now: a late tick has slots still to fire, and none may hold two times.
            if (slot > _lastSlot + Slots - 1 || _count >= Capacity || _disposed)
            {
                return;
            }

            // A time that has passed fires at the next tick.
            (_slots[Math.Max(slot, _lastSlot + 1) % Slots] ??= []).Add(new(who, id, at));
            _count++;
            if (!_ticking)
            {
                _ticking = true;
                var tick = TimeSpan.FromMilliseconds(SlotMilliseconds);
                _timer.Change(tick, tick);
            }
        }
    }

    /// <summary>Wakes nobody any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var now = SlotNow();
            for (var steps = 0; _lastSlot < now && steps < Slots; steps++)
            {
                _lastSlot++;
                if (_slots[_lastSlot % Slots] is { Count: > 0 } due)
                {
                    _firing.AddRange(due);
                    due.Clear();
                }
            }

            _lastSlot = Math.Max(_lastSlot, now);
            _count -= _firing.Count;
            if (_count == 0 && _ticking)
            {
                _ticking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            foreach (var entry in _firing)
            {
                entry.Who.Wake(entry.Id, entry.At);
            }

            _firing.Clear();
        }
    }

    private long SlotNow() => _clock.Now().UnixMilliseconds / SlotMilliseconds;

    // Rounded up, so that nothing fires early.
    private static long SlotOf(Instant at) => (at.UnixMilliseconds + SlotMilliseconds - 1) / SlotMilliseconds;

    private readonly record struct Entry(IWakes Who, string Id, Instant At);
}
