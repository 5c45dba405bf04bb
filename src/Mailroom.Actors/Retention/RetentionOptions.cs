namespace Mailroom.Actors.Retention;

/// <param name="Deliveries">Time that a delivery is kept after it ended.</param>
/// <param name="Malformed">Time that a malformed command is kept.</param>
/// <param name="Interval">Time from the start of one pass to the start of the next (D22).</param>
public sealed record RetentionOptions(TimeSpan Deliveries, TimeSpan Malformed, TimeSpan Interval)
{
    /// <summary>Rows in one transaction at most.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>Rows in one transaction where larger ones failed again and again.</summary>
    public int LeastBatch { get; init; } = 10;

    /// <summary>The rest between two full batches, in which others come to the database.</summary>
    public TimeSpan Breath { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The first wait after the store failed; doubled up to <see cref="LongestStoreWait"/>.</summary>
    public TimeSpan FirstStoreWait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestStoreWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How much later than due a pass may begin, as a part of <see cref="Interval"/>, so that services started together do not clean up together.</summary>
    public double Jitter { get; init; } = 0.05;
}

/// <summary>What one pass deleted.</summary>
public sealed record RetentionPass(long Deliveries, long Malformed, long Keys, TimeSpan Duration);

/// <summary>What operators should hear of retention. Implementations must not throw and must not block.</summary>
public interface IRetentionEvents
{
    void PassEnded(RetentionPass pass);

    /// <summary>The store failed; said once for each spell. The pass waits and goes on.</summary>
    void StoreFailed(Exception why);

    /// <summary>An error of Mailroom's own; the pass ends, and the next one tries again.</summary>
    void PassFaulted(Exception why);
}
