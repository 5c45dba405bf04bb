using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>
/// Runs the kernel's work on the caller's thread, when the caller says so: first come first served, or in an order drawn
/// from a seed. The same seed gives the same order.
/// </summary>
public sealed class ManualScheduler : IScheduler
{
    private readonly List<IThreadPoolWorkItem> _ready = [];
    private readonly Random? _order;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private int _strays;
    private string? _stray;

    /// <param name="seed">Null: first come, first served.</param>
    public ManualScheduler(int? seed = null) => _order = seed is { } number ? new Random(number) : null;

    /// <summary>How much work waits.</summary>
    public int Waiting => _ready.Count;

    public void Run(IThreadPoolWorkItem work)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Thrown here it would vanish in somebody's task: the run says it instead.
            Interlocked.Increment(ref _strays);
            _stray ??= Environment.StackTrace;
            return;
        }

        _ready.Add(work);
    }

    /// <summary>Drops all that waits, as a process that dies does.</summary>
    public void Forget() => _ready.Clear();

    /// <summary>Runs one piece of work. False: none waited.</summary>
    public bool RunOne()
    {
        if (Volatile.Read(ref _strays) > 0)
        {
            throw new InvalidOperationException("Something ran on a thread of its own, so this run cannot be repeated: " + _stray);
        }

        if (_ready.Count == 0)
        {
            return false;
        }

        var index = _order?.Next(_ready.Count) ?? 0;
        var work = _ready[index];
        _ready.RemoveAt(index);
        Inline.Do(work.Execute);
        return true;
    }

    /// <summary>Runs until nothing waits, and returns how many pieces of work that were.</summary>
    /// <exception cref="InvalidOperationException">More than <paramref name="limit"/>: the work makes itself anew for ever.</exception>
    public int RunAll(int limit = 1_000_000)
    {
        for (var done = 0; done < limit; done++)
        {
            if (!RunOne())
            {
                return done;
            }
        }

        throw new InvalidOperationException($"After {limit} pieces of work there is still more.");
    }
}

/// <summary>Runs something so that what awaits it goes on at once, on this thread: a test runner's own context would send it to the pool.</summary>
public static class Inline
{
    public static void Do(Action action)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
