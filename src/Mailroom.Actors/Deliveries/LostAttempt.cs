namespace Mailroom.Actors.Deliveries;

/// <summary>An attempt that ended without a report: whoever made it is gone, and the delivery found out later.</summary>
public static class LostAttempt
{
    /// <summary>The reason where the process that made it is gone.</summary>
    public const string ProcessLost = "process_lost";

    /// <summary>The reason where this process lost sight of it.</summary>
    public const string ClaimExpired = "claim_expired";

    /// <summary>No <see cref="IAttemptEvents.AttemptEnded"/> was told of the attempt that this is news of.</summary>
    public static bool IsTold(Announce news) => news.Reason is ProcessLost or ClaimExpired;
}
