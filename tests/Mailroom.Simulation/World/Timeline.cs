namespace Mailroom.Simulation.World;

/// <summary>
/// True time, what is to happen in it, and what can run now. Work that is ready at the same instant runs in an order drawn from the seed.
/// Everything happens on the thread that made it.
/// </summary>
internal sealed class Timeline(SeededRandom random)
{
    /// <summary>More work than this in one millisecond makes itself anew for ever.</summary>
    private const int MostAtOnce = 20_000;

    private readonly PriorityQueue<Planned, (long At, long Order)> _planned = new();
    private readonly List<Planned> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;
    private string? _stray;
    private TimeSpan _since;
    private long _stepsBefore;

    /// <summary>Since the world began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Pieces of work that ran.</summary>
    public long Steps { get; private set; }

    /// <summary>Something happens outside of all processes.</summary>
    public void At(TimeSpan at, Action happening) => Plan(at, new(null, happening, 0));

    public void After(TimeSpan wait, Action happening) => Plan(Now + wait, new(null, happening, 0));

    /// <summary>Something reaches a process: an answer, a timer, a packet. Not while it is paused, and never once it is dead.</summary>
    /// <param name="setting">With a timer: the setting that this is of.</param>
    public void At(TimeSpan at, SimProcess process, object work, int setting = 0) => Plan(at, new(process, work, setting));

    /// <summary>Can run now.</summary>
    public void Ready(SimProcess process, object work, int setting = 0)
    {
        if (IsHere())
        {
            _ready.Add(new(process, work, setting));
        }
    }

    /// <summary>Lets time pass until <paramref name="end"/>, or until <paramref name="reached"/>, which is asked whenever nothing more can run at an instant.</summary>
    /// <exception cref="SimulationException">This run cannot be repeated, or does not end.</exception>
    public bool RunUntil(TimeSpan end, Func<bool>? reached = null)
    {
        while (true)
        {
            RunReady();
            if (reached?.Invoke() == true)
            {
                return true;
            }

            if (!_planned.TryPeek(out _, out var next) || next.At > end.Ticks)
            {
                Now = end > Now ? end : Now;
                return false;
            }

            Pass(new(Math.Max(Now.Ticks, next.At)));
            while (_planned.TryPeek(out var planned, out var when) && when.At <= Now.Ticks)
            {
                _planned.Dequeue();
                if (planned.Process is { } process)
                {
                    process.Arrive(planned.Work, planned.Setting);
                }
                else
                {
                    Steps++;
                    ((Action)planned.Work)();
                }
            }
        }
    }

    private void RunReady()
    {
        while (_ready.Count > 0)
        {
            if (Steps - _stepsBefore > MostAtOnce)
            {
                throw new SimulationException($"At {Now} there is still more after {MostAtOnce} pieces of work: {_ready[0].Process!.Machine.Name} makes itself anew for ever: {_ready[0].Work}.");
            }

            var index = random.Below(_ready.Count);
            var next = _ready[index];
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            Steps++;
            next.Process!.Do(next.Work, next.Setting);
            if (_stray is not null)
            {
                throw new SimulationException("Something ran on a thread of its own, so this run cannot be repeated: " + _stray);
            }
        }
    }

    private void Pass(TimeSpan now)
    {
        if (now - _since >= TimeSpan.FromMilliseconds(1))
        {
            (_since, _stepsBefore) = (now, Steps);
        }

        Now = now;
    }

    private void Plan(TimeSpan at, Planned planned)
    {
        if (IsHere())
        {
            _planned.Enqueue(planned, (Math.Max(at.Ticks, Now.Ticks), _order++));
        }
    }

    private bool IsHere()
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        // Thrown here it would vanish in somebody's task: the run says it instead.
        Volatile.Write(ref _stray, _stray ?? Environment.StackTrace);
        return false;
    }

    private readonly record struct Planned(SimProcess? Process, object Work, int Setting);
}

/// <summary>The simulation itself cannot go on.</summary>
internal sealed class SimulationException(string message, Exception? cause = null) : Exception(message, cause);
