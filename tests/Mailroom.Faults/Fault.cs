namespace Mailroom.Faults;

/// <summary>What is done to the cluster.</summary>
internal enum Fault
{
    /// <summary>SIGKILL of a node, which is started again soon.</summary>
    KillAndRestart,

    /// <summary>SIGKILL of a node, which is started again only after the others have replaced it.</summary>
    KillForLong,

    /// <summary>SIGSTOP of a node and SIGCONT before its lease is over, or after.</summary>
    Freeze,

    /// <summary>SIGTERM of a node, which is started again.</summary>
    Terminate,

    /// <summary>PostgreSQL stops without a checkpoint and recovers.</summary>
    CrashPostgres,

    /// <summary>PostgreSQL breaks off what runs, stops in order and starts.</summary>
    RestartPostgres,

    /// <summary>All sessions of the nodes are terminated.</summary>
    TerminateSessions,

    /// <summary>SIGKILL of Redis, which is started again from its append-only file.</summary>
    KillRedis,
}

/// <summary>Draws what is done next: each kind has its weight.</summary>
internal static class Faults
{
    private static readonly (Fault Fault, int Weight)[] Weights =
    [
        (Fault.KillAndRestart, 30), (Fault.KillForLong, 12), (Fault.Freeze, 16), (Fault.Terminate, 12),
        (Fault.CrashPostgres, 7), (Fault.RestartPostgres, 6), (Fault.TerminateSessions, 9), (Fault.KillRedis, 8),
    ];

    public static Fault Draw(Random random)
    {
        var at = random.Next(Weights.Sum(each => each.Weight));
        foreach (var (fault, weight) in Weights)
        {
            if ((at -= weight) < 0)
            {
                return fault;
            }
        }

        throw new InvalidOperationException("The weights do not add up.");
    }

    public static bool IsOfNode(Fault fault) => fault is Fault.KillAndRestart or Fault.KillForLong or Fault.Freeze or Fault.Terminate;
}
