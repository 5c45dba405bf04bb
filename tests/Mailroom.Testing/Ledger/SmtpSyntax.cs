using System.Globalization;
using System.Text;

namespace Mailroom.Testing;

/// <summary>As much of the syntax of SMTP's commands (RFC 5321 section 4.1.2) as the ledger's sink reads.</summary>
internal static class SmtpSyntax
{
    private const int LongestAddress = 512;

    public static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> command) =>
        line.Length >= command.Length && Ascii.EqualsIgnoreCase(line[..command.Length], command);

    /// <summary>Reads <c>&lt;path&gt;</c>, which may be empty, and what follows it.</summary>
    public static bool TryPath(ReadOnlySpan<byte> text, out string path, out ReadOnlySpan<byte> parameters)
    {
        var close = text.IndexOf((byte)'>');
        if (close < 1 || close > LongestAddress || text[0] != (byte)'<')
        {
            path = "";
            parameters = default;
            return false;
        }

        path = Encoding.UTF8.GetString(text[1..close]);
        parameters = text[(close + 1)..];
        return true;
    }

    /// <summary>The size that MAIL announces (RFC 1870), 0 when it announces none; one that is no number is too large for everything.</summary>
    public static long SizeIn(ReadOnlySpan<byte> parameters)
    {
        var at = parameters.IndexOf(" SIZE="u8);
        if (at < 0)
        {
            return 0;
        }

        var digits = parameters[(at + 6)..];
        var space = digits.IndexOf((byte)' ');
        return long.TryParse(space < 0 ? digits : digits[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : long.MaxValue;
    }
}
