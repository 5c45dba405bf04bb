using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Host.Telemetry;

/// <summary>What the store last said of what waits.</summary>
/// <param name="At">When it was asked.</param>
/// <param name="IsStale">It was asked since and did not answer: what was oldest then only grows older.</param>
internal sealed record ScheduleReading(Instant At, ScheduleFacts Facts, bool IsStale)
{
    /// <summary>The age of the oldest due time; zero where nothing is due.</summary>
    public TimeSpan OldestAge(Instant now) => Age(Facts.OldestDue, now);

    /// <inheritdoc cref="OldestAge"/>
    public TimeSpan Age(LaneFacts lane, Instant now) => Age(lane.OldestDue, now);

    /// <summary>
    /// As of the reading, because most of what was due then is sent by now; as of now where the store has failed since, so that the
    /// age grows while nothing is known.
    /// </summary>
    private TimeSpan Age(Instant? due, Instant now)
    {
        var age = (IsStale ? Instant.Max(now, At) : At) - (due ?? At);
        return due is null || age < TimeSpan.Zero ? TimeSpan.Zero : age;
    }
}
