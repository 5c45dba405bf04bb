namespace Mailroom.Actors.Cluster;

/// <summary>
/// Whether this node may still act, by its own monotonic clock: from when the last renewal was sent, so never longer than the database
/// holds it for a member. A process that was paused finds it run out when it goes on.
/// </summary>
internal sealed class Lease(TimeProvider clock)
{
    private long _until = long.MinValue;

    public bool IsValid => clock.GetTimestamp() < Volatile.Read(ref _until);

    /// <param name="sentAt">When the renewal was sent (<see cref="TimeProvider.GetTimestamp"/>).</param>
    /// <param name="span">For how long the database was asked to hold it.</param>
    public void Renewed(long sentAt, TimeSpan span) =>
        Volatile.Write(ref _until, sentAt + (long)(span.TotalSeconds * clock.TimestampFrequency));

    /// <summary>Nobody else can have the store: it holds for ever.</summary>
    public void HoldsForEver() => Volatile.Write(ref _until, long.MaxValue);

    public void Lost() => Volatile.Write(ref _until, long.MinValue);
}
