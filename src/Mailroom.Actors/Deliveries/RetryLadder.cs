using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// The waits between attempts: the first attempt is at once, the next after <c>Waits[0]</c>, and so on; after the last
/// one comes the dead letter. 1 + <c>Waits.Count</c> attempts in all (C33).
/// </summary>
public sealed record RetryLadder(IReadOnlyList<TimeSpan> Waits)
{
    /// <summary>How much longer than its wait a step may take, so that mail which failed together does not come back together.</summary>
    private const double JitterShare = 0.1;

    /// <summary>+1 min, +5 min, +30 min.</summary>
    public static readonly RetryLadder Default = new([TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)]);

    /// <summary>When the next attempt is due, or null when <paramref name="attemptsMade"/> attempts were all there are. The jitter comes from the id, so the same history gives the same time.</summary>
    public Instant? Next(DeliveryId id, int attemptsMade, Instant now)
    {
        if (attemptsMade > Waits.Count)
        {
            return null;
        }

        var wait = Waits.Count == 0 ? TimeSpan.Zero : Waits[Math.Max(0, attemptsMade - 1)];
        return now + wait * (1 + JitterShare * StableHash.Fraction(id.Value));
    }
}
