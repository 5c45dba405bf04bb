using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Store;

/// <summary>The database of all nodes: what it holds, whether it answers, and what goes wrong with calls to it.</summary>
internal sealed class DatabaseServer(Timeline timeline, SeededRandom random)
{
    private TimeSpan _stalledUntil;

    public required MemoryStore Memory { get; init; }

    public required MemoryDeliveries Deliveries { get; init; }

    public required MemoryOrgs Orgs { get; init; }

    public required MemoryStreams Streams { get; init; }

    public DatabaseFaults Faults { get; set; } = DatabaseFaults.None;

    public bool IsDown { get; set; }

    /// <summary>Whose call is being served.</summary>
    public SimProcess? Caller { get; private set; }

    /// <summary>The caller will not hear of what is being served.</summary>
    public bool IsUnheard { get; private set; }

    public Timeline Timeline => timeline;

    public static DatabaseServer Make(Timeline timeline, SeededRandom random)
    {
        var memory = new MemoryStore(NoScheduler.Instance) { IsShared = true, Clock = new TrueClock(timeline) };
        return new(timeline, random)
        {
            Memory = memory,
            Deliveries = MemoryDeliveries.In(memory),
            Orgs = MemoryOrgs.In(memory),
            Streams = new(memory),
        };
    }

    /// <summary>Calls that arrive until then are served then.</summary>
    public void Stall(TimeSpan until) => _stalledUntil = until;

    public Fate Draw(bool isCommit)
    {
        var drawn = random.Fraction();
        if ((drawn -= Faults.Fails) < 0)
        {
            return Fate.Fails;
        }

        if (!isCommit)
        {
            return Fate.Fine;
        }

        if ((drawn -= Faults.LosesAnswer) < 0)
        {
            return Fate.LosesAnswer;
        }

        return (drawn -= Faults.Kills) >= 0 ? Fate.Fine : drawn < -Faults.Kills / 2 ? Fate.KillsBefore : Fate.KillsAfter;
    }

    /// <summary>How long a call takes to be served.</summary>
    public TimeSpan DrawService()
    {
        var service = random.Chance(Faults.Slow) ? random.Milliseconds(20, 1600) : random.Milliseconds(0.1, 3);
        var stalled = _stalledUntil - timeline.Now;
        return service > stalled ? service : stalled + service;
    }

    public TimeSpan DrawTravel() => random.Milliseconds(0.05, 0.5);

    public TimeSpan DrawFailure() => random.Chance(0.3) ? random.Milliseconds(100, 1000) : random.Milliseconds(0.1, 5);

    /// <summary>Serves a call now.</summary>
    public T Serve<T>(SimProcess caller, bool isUnheard, Func<T> work)
    {
        (Caller, IsUnheard) = (caller, isUnheard);
        try
        {
            return work();
        }
        finally
        {
            (Caller, IsUnheard) = (null, false);
        }
    }

    /// <summary>The database's clock is right.</summary>
    private sealed class TrueClock(Timeline timeline) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => ManualClock.Start + timeline.Now;
    }

    private sealed class NoScheduler : IScheduler
    {
        public static readonly NoScheduler Instance = new();

        public void Run(IThreadPoolWorkItem work) => throw new InvalidOperationException("The store in memory answers at once and runs nothing.");
    }
}
