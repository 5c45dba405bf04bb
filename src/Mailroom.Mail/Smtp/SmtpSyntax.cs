using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>What may stand in a command. Whatever could end a line or an argument is refused, never escaped.</summary>
internal static class SmtpSyntax
{
    /// <summary>RFC 5321 section 4.5.3.1.3: a path has 256 octets, angle brackets included.</summary>
    public const int MaxAddressOctets = 254;
    public const int MaxDomainOctets = 255;

    private static readonly SearchValues<char> DomainCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    private static readonly SearchValues<char> LiteralCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:");

    /// <summary>
    /// Checks a mail address and gives its form on the wire: a domain outside ASCII becomes its A-labels (RFC 5890), the
    /// local part stays as it is. Returns the cause where the address is refused.
    /// </summary>
    public static string? CheckAddress(string? address, out string wire)
    {
        wire = "";
        if (string.IsNullOrEmpty(address))
        {
            return "is empty";
        }
        if (CheckCharacters(address) is { } cause)
        {
            return cause;
        }
        if (address.AsSpan().ContainsAny('<', '>'))
        {
            return "holds an angle bracket";
        }
        var at = address.LastIndexOf('@');
        if (at <= 0 || at == address.Length - 1)
        {
            return "is not of the form local@domain";
        }
        if (!TryToAscii(address[(at + 1)..], out var domain) || !IsDomain(domain))
        {
            return "has a domain that is not a host name or an address literal";
        }
        wire = domain.Length == address.Length - at - 1 && address.AsSpan(at + 1).SequenceEqual(domain)
            ? address
            : string.Concat(address.AsSpan(0, at + 1), domain);
        return Encoding.UTF8.GetByteCount(wire) > MaxAddressOctets ? $"is longer than {MaxAddressOctets} octets" : null;
    }

    /// <summary>Returns why <paramref name="name"/> may not stand in EHLO, or null.</summary>
    public static string? CheckHeloName(string name) =>
        name.Length == 0 ? "is empty" : CheckCharacters(name) ?? (IsDomain(name) ? null : "is not a host name or an address literal");

    /// <summary>Returns why <paramref name="value"/> may not stand in any command, or null.</summary>
    public static string? CheckCharacters(string value)
    {
        foreach (var c in value)
        {
            if (c is '\r' or '\n' or '\0')
            {
                return "holds a CR, LF or NUL";
            }
            if (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return "holds a control character";
            }
            if (char.IsWhiteSpace(c))
            {
                return "holds a space";
            }
        }
        return IsWellFormed(value) ? null : "holds half of a surrogate pair";
    }

    /// <summary>RFC 5321 section 4.1.3: the form of a client's own name when it has no host name.</summary>
    public static string AddressLiteral(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? $"[IPv6:{new IPAddress(plain.GetAddressBytes())}]"
            : $"[{plain}]";
    }

    /// <summary>The text up to <paramref name="length"/> characters, never half of a surrogate pair: what is kept must stay storable.</summary>
    public static ReadOnlySpan<char> Start(string text, int length) =>
        text.AsSpan(0, length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length);

    /// <summary>The text from <paramref name="start"/> on, by the same rule.</summary>
    public static ReadOnlySpan<char> End(string text, int start) =>
        text.AsSpan(start < text.Length && char.IsLowSurrogate(text[start]) ? start + 1 : start);

    private static bool IsDomain(string domain)
    {
        if (domain.Length is 0 or > MaxDomainOctets)
        {
            return false;
        }
        if (domain[0] == '[')
        {
            return domain.Length > 2 && domain[^1] == ']' && !domain.AsSpan(1, domain.Length - 2).ContainsAnyExcept(LiteralCharacters);
        }
        return domain[0] != '.' && !domain.Contains("..", StringComparison.Ordinal) && !domain.AsSpan().ContainsAnyExcept(DomainCharacters);
    }

    private static bool TryToAscii(string domain, out string ascii)
    {
        ascii = domain;
        if (Ascii.IsValid(domain))
        {
            return true;
        }
        try
        {
            ascii = new IdnMapping { AllowUnassigned = false, UseStd3AsciiRules = true }.GetAscii(domain);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsWellFormed(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(value[i]))
            {
                return false;
            }
        }
        return true;
    }
}
