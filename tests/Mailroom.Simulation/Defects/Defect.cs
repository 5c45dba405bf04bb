namespace Mailroom.Simulation.Defects;

/// <summary>A deliberate defect, to show that the checker finds it.</summary>
internal enum Defect
{
    None,

    /// <summary>The store does not look at epochs.</summary>
    FenceLeftOut,

    /// <summary>The offset of a stream is moved before what it covers is stored.</summary>
    OffsetMovedFirst,

    /// <summary>An attempt begins before its claim is stored.</summary>
    ClaimNotRecorded,

    /// <summary>Who has an org's window until when is not remembered.</summary>
    WindowForgotten,

    /// <summary>An acceptance is acknowledged before its commit.</summary>
    AcknowledgedEarly,

    /// <summary>The store does not look at idempotency keys.</summary>
    KeyNotChecked,

    /// <summary>The claims of a dead process are not looked for.</summary>
    DeadClaimsForgotten,

    /// <summary>Every claim is taken for a dead process's.</summary>
    LivingClaimsTaken,

    /// <summary>A commit whose outcome is unknown is taken as written.</summary>
    UnknownTakenAsWritten,

    /// <summary>A commit whose outcome is unknown is taken as refused for good.</summary>
    UnknownTakenAsRefused,

    /// <summary>Due rows are never looked for.</summary>
    NothingScanned,

    /// <summary>Due rows are looked for in the shards that the node had first, not in those that came later.</summary>
    MovedNotScanned,

    /// <summary>A node believes in its lease for longer than the database holds it.</summary>
    LeaseNotChecked,

    /// <summary>A member is declared lost before its lease is over.</summary>
    LossDeclaredEarly,

    /// <summary>An attempt's outcome that was lost on its way to another node is taken as stored there.</summary>
    LostForwardTakenAsDone,

    /// <summary>Each node gives its own windows for an org, whoever owns the org.</summary>
    LimiterPerNode,

    /// <summary>An attempt's outcome is forgotten where the store fails once.</summary>
    OutcomeDropped,

    /// <summary>A row is written whatever version it has.</summary>
    VersionNotChecked,
}
