using System.Globalization;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Emails;

/// <summary>When a mail is to be sent. <paramref name="IsRelative"/>: it was told as a wait, so the same words mean another time when they are repeated.</summary>
internal readonly record struct SendTime(Instant At, bool IsRelative)
{
    /// <summary>How far ahead a mail can be scheduled.</summary>
    public static readonly TimeSpan Furthest = TimeSpan.FromDays(365);

    private const int MaxLength = 64;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads an RFC 3339 time with its offset, or <c>in N seconds|minutes|hours|days</c> (also <c>in a minute</c>, <c>in 1 min</c>).</summary>
    /// <param name="text">What the caller wrote.</param>
    /// <param name="now">The current time.</param>
    /// <param name="time">The time, where the answer is true.</param>
    /// <param name="error">Where the answer is false: what is wrong.</param>
    public static bool TryParse(string text, DateTimeOffset now, out SendTime time, out string error)
    {
        time = default;
        error = "must be an RFC 3339 time with its offset, for example 2026-01-31T09:30:00Z, or a wait such as in 10 minutes";
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (TryWait(text, out var wait))
        {
            time = new SendTime(Instant.From(now + wait), IsRelative: true);
        }
        else if (TryTime(text, out var at))
        {
            time = new SendTime(Instant.From(at), IsRelative: false);
        }
        else
        {
            return false;
        }

        if (time.At - Instant.From(now) > Furthest)
        {
            error = $"must not be more than {Furthest.Days} days ahead";
            return false;
        }

        return true;
    }

    /// <summary>Reads an RFC 3339 time (section 5.6) that has an offset: a local time would mean another moment on another machine.</summary>
    public static bool TryTime(string text, out DateTimeOffset time)
    {
        time = default;
        var hasOffset = text.Length > 6 && (text[^1] is 'Z' or 'z' || (text[^6] is '+' or '-' && text[^3] == ':'));
        return hasOffset
            && DateTimeOffset.TryParseExact(text.ToUpperInvariant(), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
            && time >= DateTimeOffset.UnixEpoch;
    }

    private static bool TryWait(string text, out TimeSpan wait)
    {
        wait = default;
        var words = text.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length != 3 || !words[0].Equals("in", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var number = words[1].ToLowerInvariant();
        if (!int.TryParse(number is "a" or "an" ? "1" : number, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        TimeSpan? unit = words[2].ToLowerInvariant() switch
        {
            "s" or "sec" or "secs" or "second" or "seconds" => TimeSpan.FromSeconds(1),
            "m" or "min" or "mins" or "minute" or "minutes" => TimeSpan.FromMinutes(1),
            "h" or "hr" or "hrs" or "hour" or "hours" => TimeSpan.FromHours(1),
            "d" or "day" or "days" => TimeSpan.FromDays(1),
            _ => null,
        };
        if (unit is not { } one || count > Furthest / one + 1)
        {
            // Beyond the furthest time either way; as a plain time it does not parse, so it is refused.
            return false;
        }

        wait = count * one;
        return true;
    }
}
