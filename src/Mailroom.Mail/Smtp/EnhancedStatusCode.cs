using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Mailroom.Mail.Smtp;

/// <summary>An enhanced mail system status code such as 5.1.1 (RFC 3463).</summary>
/// <param name="Class">2, 4 or 5.</param>
/// <param name="Subject">0 to 999.</param>
/// <param name="Detail">0 to 999.</param>
public readonly record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    /// <summary>
    /// Reads the code at the start of a reply's text (RFC 2034 section 4). The class must be the reply's own first digit,
    /// and a space or the end must follow, so that a version number or an IP address is not taken for a code.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, int replyCode, [NotNullWhen(true)] out EnhancedStatusCode? code)
    {
        code = null;
        if (text.Length < 5 || text[0] is not ('2' or '4' or '5') || text[0] - '0' != replyCode / 100 || text[1] != '.')
        {
            return false;
        }
        var rest = text[2..];
        if (!TryTakeNumber(ref rest, out var subject) || rest.IsEmpty || rest[0] != '.')
        {
            return false;
        }
        rest = rest[1..];
        if (!TryTakeNumber(ref rest, out var detail) || !(rest.IsEmpty || rest[0] is ' ' or '\n' or '\t'))
        {
            return false;
        }
        code = new EnhancedStatusCode(text[0] - '0', subject, detail);
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        var length = 0;
        while (length < 3 && length < text.Length && char.IsAsciiDigit(text[length]))
        {
            number = number * 10 + (text[length] - '0');
            length++;
        }
        text = text[length..];
        return length > 0;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");
}
