namespace Mailroom.Actors.Kernel;

/// <summary>A point in time as the core sees it: milliseconds since 1970-01-01T00:00:00Z. The core never asks for it, it is told.</summary>
public readonly record struct Instant(long UnixMilliseconds) : IComparable<Instant>
{
    public static readonly Instant Epoch = new(0);

    public static Instant From(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    public int CompareTo(Instant other) => UnixMilliseconds.CompareTo(other.UnixMilliseconds);

    public static Instant operator +(Instant at, TimeSpan wait) => new(at.UnixMilliseconds + (long)wait.TotalMilliseconds);

    public static TimeSpan operator -(Instant later, Instant earlier) => TimeSpan.FromMilliseconds(later.UnixMilliseconds - earlier.UnixMilliseconds);

    public static bool operator <(Instant left, Instant right) => left.UnixMilliseconds < right.UnixMilliseconds;

    public static bool operator >(Instant left, Instant right) => left.UnixMilliseconds > right.UnixMilliseconds;

    public static bool operator <=(Instant left, Instant right) => left.UnixMilliseconds <= right.UnixMilliseconds;

    public static bool operator >=(Instant left, Instant right) => left.UnixMilliseconds >= right.UnixMilliseconds;

    public static Instant Max(Instant left, Instant right) => left >= right ? left : right;

    /// <summary>RFC 3339, UTC.</summary>
    public override string ToString() => ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The current time out of a <see cref="TimeProvider"/>, for the shells around the core.</summary>
public static class TimeProviderInstants
{
    public static Instant Now(this TimeProvider clock) => Instant.From(clock.GetUtcNow());
}
