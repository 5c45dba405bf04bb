using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>The domain of an address: letters, digits and hyphens (RFC 5321 2.3.5), or Unicode labels that become A-labels (RFC 5891).</summary>
internal static class DomainName
{
    private const int MaxLabelOctets = 63;

    private static readonly IdnMapping s_idn = new() { UseStd3AsciiRules = true };

    public static bool IsAscii(ReadOnlySpan<char> domain) => Check(domain) is null;

    public static string Lower(string domain) => domain.AsSpan().ContainsAnyInRange('A', 'Z') ? domain.ToLowerInvariant() : domain;

    /// <summary>Turns a domain into its ASCII form in lower case, or says what is wrong with it.</summary>
    public static bool TryToAscii(string domain, [NotNullWhen(true)] out string? ascii, [NotNullWhen(false)] out string? error)
    {
        ascii = null;
        if (domain.Length > MailboxAddress.MaxDomainOctets)
        {
            error = TooLong;
            return false;
        }

        if (Ascii.IsValid(domain))
        {
            error = Check(domain);
            ascii = error is null ? Lower(domain) : null;
            return error is null;
        }

        return TryEncode(domain, out ascii, out error);
    }

    /// <summary>Reads the inside of <c>[…]</c>: an IPv4 address, or an IPv6 address after <c>IPv6:</c>.</summary>
    public static bool IsLiteral(ReadOnlySpan<char> inside)
    {
        const string ipv6 = "IPv6:";
        var isV6 = inside.StartsWith(ipv6, StringComparison.OrdinalIgnoreCase);
        var text = isV6 ? inside[ipv6.Length..] : inside;
        if (!IPAddress.TryParse(text, out var address) || text.ContainsAny('%', '[', ']'))
        {
            return false;
        }

        // IPAddress also takes "1", "0x7f.1" and "010.0.0.1", which other readers take for other hosts.
        return isV6
            ? address.AddressFamily == AddressFamily.InterNetworkV6
            : address.AddressFamily == AddressFamily.InterNetwork && text.SequenceEqual(address.ToString());
    }

    private static string TooLong => $"has a domain that is longer than {MailboxAddress.MaxDomainOctets} octets";

    /// <summary>IdnMapping does not normalise where globalisation is invariant, so what it would change is refused instead.</summary>
    private static bool TryEncode(string domain, [NotNullWhen(true)] out string? ascii, [NotNullWhen(false)] out string? error)
    {
        ascii = null;
        var lower = domain.ToLowerInvariant().Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.');
        error = CheckRunes(lower);
        if (error is not null)
        {
            return false;
        }

        try
        {
            ascii = s_idn.GetAscii(lower);
        }
        catch (ArgumentException)
        {
            error = "has an international domain that has no ASCII form; check its labels (1 to 63 octets each when encoded)";
            return false;
        }

        error = Check(ascii);
        return error is null;
    }

    private static string? CheckRunes(string domain)
    {
        var previous = default(Rune);
        foreach (var rune in domain.EnumerateRunes())
        {
            if (!rune.IsAscii && !IsLabelRune(rune))
            {
                return "has a character in its domain that no domain name may hold";
            }

            if (rune.Value is >= 0x300 and <= 0x36F && previous.Value < 0x250)
            {
                return "has an accent as a character of its own in its domain; write the domain in composed form (NFC)";
            }

            previous = rune;
        }

        return null;
    }

    private static bool IsLabelRune(Rune rune) =>
        rune.Value is not (>= 0xFF00 and <= 0xFFEF)
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber;

    private static string? Check(ReadOnlySpan<char> domain)
    {
        if (domain.IsEmpty)
        {
            return "has no domain after the @";
        }

        if (domain.Length > MailboxAddress.MaxDomainOctets)
        {
            return TooLong;
        }

        var rest = domain;
        while (true)
        {
            var dot = rest.IndexOf('.');
            var label = dot < 0 ? rest : rest[..dot];
            if (CheckLabel(label) is { } error)
            {
                return error;
            }

            if (dot < 0)
            {
                return label.ContainsAnyExcept(TextRules.Digits)
                    ? null
                    : "has a domain that ends in a number; an IP address is written in square brackets";
            }

            rest = rest[(dot + 1)..];
        }
    }

    private static string? CheckLabel(ReadOnlySpan<char> label)
    {
        if (label.IsEmpty)
        {
            return "has a dot at the start or end, or two dots in a row, in its domain";
        }

        if (label.Length > MaxLabelOctets)
        {
            return $"has a domain with a label that is longer than {MaxLabelOctets} octets";
        }

        if (label.ContainsAnyExcept(TextRules.LettersDigitsHyphen))
        {
            return "has a character in its domain that is not a letter, digit, hyphen or dot";
        }

        return label[0] == '-' || label[^1] == '-' ? "has a hyphen at the start or end of a label of its domain" : null;
    }
}
