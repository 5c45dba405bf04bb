using System.Globalization;

namespace Mailroom.Host.Settings.Hocon;

/// <summary>Sizes in bytes: <c>40MB</c> is 40,000,000 and <c>2MiB</c> is 2,097,152. The unit is always written.</summary>
public static class ByteSize
{
    public const string Form = "a size, such as 512B, 40MB or 2MiB";

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000),
        ("B", 1),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        foreach (var (unit, size) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
            {
                continue;
            }

            var number = text.AsSpan(0, text.Length - unit.Length);
            if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > long.MaxValue / size)
            {
                return false;
            }

            bytes = count * size;
            return true;
        }

        return false;
    }

    /// <summary>The size with the largest unit that divides it.</summary>
    public static string Write(long bytes)
    {
        foreach (var (unit, size) in Units)
        {
            if (bytes >= size && bytes % size == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
            }
        }

        return "0B";
    }
}
