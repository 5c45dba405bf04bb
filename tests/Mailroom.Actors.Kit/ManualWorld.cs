using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>One thread and one clock, both moved by hand.</summary>
public sealed class ManualWorld(int? seed = null)
{
    public ManualClock Clock { get; } = new();

    public ManualScheduler Scheduler { get; } = new(seed);

    public Instant Now => Clock.Now();

    /// <summary>Runs all that can run without time passing.</summary>
    public void Run() => Scheduler.RunAll();

    /// <summary>Lets time pass; work that becomes ready on the way runs at its time.</summary>
    public void Advance(TimeSpan by)
    {
        Run();
        Clock.Advance(by, Run);
    }

    /// <summary>Lets time pass until <paramref name="reached"/>.</summary>
    /// <exception cref="TimeoutException">It was not reached within <paramref name="within"/>.</exception>
    public void AdvanceUntil(Func<bool> reached, TimeSpan within)
    {
        Run();
        var since = Clock.GetTimestamp();
        while (!reached())
        {
            if (Clock.UntilNextTimer() is not { } wait || Clock.GetElapsedTime(since) + wait > within)
            {
                throw new TimeoutException($"Not reached within {within}.");
            }

            Advance(wait);
        }
    }

    /// <summary>The result of a task that completes without time passing.</summary>
    public T Result<T>(ValueTask<T> pending) => Result(pending.AsTask());

    /// <summary>The result of a task; lets up to <paramref name="within"/> pass for it.</summary>
    public T Result<T>(Task<T> pending, TimeSpan within = default)
    {
        AdvanceUntil(() => pending.IsCompleted, within);
        return pending.GetAwaiter().GetResult();
    }

    /// <summary>Waits for a task as <see cref="Result{T}(Task{T}, TimeSpan)"/> does.</summary>
    public void Finish(Task pending, TimeSpan within = default)
    {
        AdvanceUntil(() => pending.IsCompleted, within);
        pending.GetAwaiter().GetResult();
    }
}
