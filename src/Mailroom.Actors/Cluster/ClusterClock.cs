using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>
/// The time that all nodes share: the database's, as of its last answer, and what passed since by the monotonic clock. So due times and an
/// org's windows mean the same on every node, whatever its own wall clock says or is set to. Until the database was heard it is the wall clock.
/// </summary>
/// <param name="inner">Wall clock, monotonic clock and timers of this machine.</param>
public sealed class ClusterClock(TimeProvider inner) : TimeProvider
{
    /// <summary>An answer that took longer says too little about when its time was read.</summary>
    private static readonly TimeSpan LongestTrip = TimeSpan.FromMilliseconds(100);

    /// <summary>A bad reading is better than one as old as this.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(30);

    private Reading? _reading;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() =>
        Volatile.Read(ref _reading) is { } reading ? reading.Time + inner.GetElapsedTime(reading.At) : inner.GetUtcNow();

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);

    /// <summary>The database answered with its time, to a question sent at <paramref name="sentAt"/> (<see cref="GetTimestamp"/>).</summary>
    public void Heard(Instant now, long sentAt)
    {
        var received = inner.GetTimestamp();
        var trip = inner.GetElapsedTime(sentAt, received);
        if (trip <= LongestTrip || _reading is not { } last || inner.GetElapsedTime(last.At, received) > Oldest)
        {
            Volatile.Write(ref _reading, new(now.ToDateTimeOffset() + (trip / 2), received));
        }
    }

    private sealed record Reading(DateTimeOffset Time, long At);
}
