using System.Globalization;

namespace Mailroom.Host.Settings.Hocon;

/// <summary>Durations as Go writes them: <c>250ms</c>, <c>1h30m</c>, <c>1.5s</c>. Days are written in hours.</summary>
public static class GoDuration
{
    public const string Form = "a duration, such as 250ms, 15s, 1h30m or 168h";

    private static readonly (string Unit, decimal Ticks)[] Units =
    [
        ("ns", 0.01m),
        ("us", 10m),
        ("µs", 10m),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Reads a duration of zero or more; false where the text is not one, or not a whole number of 100 ns.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        var ticks = 0m;
        var rest = text.AsSpan();
        if (rest.IsEmpty || rest.Length > 64)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            if (!TryTakeTerm(ref rest, out var term))
            {
                return false;
            }

            ticks += term;
        }

        if (ticks > long.MaxValue || ticks != decimal.Truncate(ticks))
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>The shortest text that reads back as the same duration.</summary>
    public static string Write(TimeSpan duration)
    {
        var text = "";
        var left = duration.Ticks;
        foreach (var (unit, size) in (ReadOnlySpan<(string, long)>)
            [
                ("h", TimeSpan.TicksPerHour),
                ("m", TimeSpan.TicksPerMinute),
                ("s", TimeSpan.TicksPerSecond),
                ("ms", TimeSpan.TicksPerMillisecond),
                ("us", TimeSpan.TicksPerMicrosecond),
            ])
        {
            text += left >= size ? string.Create(CultureInfo.InvariantCulture, $"{left / size}{unit}") : "";
            left %= size;
        }

        text += left > 0 ? string.Create(CultureInfo.InvariantCulture, $"{left * 100}ns") : "";
        return text.Length > 0 ? text : "0s";
    }

    private static bool TryTakeTerm(ref ReadOnlySpan<char> rest, out decimal ticks)
    {
        ticks = 0;
        var digits = rest.IndexOfAnyExcept("0123456789.");
        if (digits is < 1 or > 15
            || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        rest = rest[digits..];
        var unitLength = rest.IndexOfAny("0123456789.");
        var unit = unitLength < 0 ? rest : rest[..unitLength];
        foreach (var (name, size) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                ticks = number * size;
                rest = rest[unit.Length..];
                return true;
            }
        }

        return false;
    }
}
