namespace Mailroom.Actors.Orgs;

/// <summary>An org's limit on provider calls: an even spacing with no burst, a little wider than the limit asks for (A35).</summary>
public static class RateLimit
{
    /// <summary>Calls a second of an org that was made without a word about it.</summary>
    public const int Default = 2;

    public const int Least = 1;

    public const int Most = 100;

    /// <summary>Milliseconds of a second, and 15 % for what delays one call more than the next on the way to the provider.</summary>
    private const int WidenedSecond = 1150;

    /// <summary>Between the beginnings of two calls: 575 ms at 2 a second. Whole milliseconds, rounded up, because that is what times are stored in.</summary>
    /// <param name="rps"><see cref="Least"/> to <see cref="Most"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not a limit.</exception>
    public static TimeSpan Spacing(int rps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rps, Least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rps, Most);
        return TimeSpan.FromMilliseconds((WidenedSecond + rps - 1) / rps);
    }

    /// <summary>When a call may begin that is asked for at <paramref name="now"/>: a call that comes late moves all later ones, so that no two are ever closer than the spacing.</summary>
    /// <param name="last">When the last call began; null: there was none.</param>
    /// <param name="spacing">Null: no limit.</param>
    /// <param name="now">By the same clock as <paramref name="last"/>.</param>
    public static TimeSpan Next(TimeSpan? last, TimeSpan? spacing, TimeSpan now) =>
        last + spacing is { } free && free > now ? free : now;
}
