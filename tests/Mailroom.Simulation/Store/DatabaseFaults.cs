namespace Mailroom.Simulation.Store;

/// <summary>How often what goes wrong with one call to the database. All 0: nothing.</summary>
internal sealed record DatabaseFaults
{
    public static readonly DatabaseFaults None = new();

    /// <summary>The call never arrives, or its transaction is rolled back.</summary>
    public double Fails { get; init; }

    /// <summary>A commit takes effect and its answer is lost.</summary>
    public double LosesAnswer { get; init; }

    /// <summary>A call takes long, at times longer than its caller waits; then it takes effect all the same.</summary>
    public double Slow { get; init; }

    /// <summary>The caller's process dies while its commit is under way, just before or after it takes effect.</summary>
    public double Kills { get; init; }
}

/// <summary>What becomes of one call.</summary>
internal enum Fate
{
    Fine,
    Fails,
    LosesAnswer,
    KillsBefore,
    KillsAfter,
}
