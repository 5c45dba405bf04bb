using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// One mailbox: an addr-spec and, where given, a display name (RFC 5322 3.4). It is always valid: the only ways to one are
/// <see cref="TryParse(string?, out MailboxAddress?, out string?)"/> and <see cref="TryCreate"/>.
/// </summary>
public sealed record MailboxAddress
{
    /// <summary>Octets of a local part (RFC 5321 4.5.3.1.1).</summary>
    public const int MaxLocalPartOctets = 64;

    /// <summary>Octets of a domain (RFC 5321 4.5.3.1.2).</summary>
    public const int MaxDomainOctets = 255;

    /// <summary>Octets of an address: a path of 256 (RFC 5321 4.5.3.1.3) without its angle brackets.</summary>
    public const int MaxAddressOctets = 254;

    /// <summary>Characters of a display name.</summary>
    public const int MaxNameLength = 255;

    /// <summary>Characters that <see cref="TryParse(string?, out MailboxAddress?, out string?)"/> looks at; longer input is refused unread.</summary>
    public const int MaxInputLength = 1000;

    private readonly int _at;

    private MailboxAddress(string address, int at, string domain, string asciiDomain, string? name)
    {
        _at = at;
        Address = address;
        Domain = domain;
        AsciiDomain = asciiDomain;
        Name = name;
        NeedsSmtpUtf8 = !Ascii.IsValid(address.AsSpan(0, at));
        EnvelopeAddress = ReferenceEquals(domain, asciiDomain) || Ascii.IsValid(domain)
            ? address
            : string.Concat(address.AsSpan(0, at + 1), asciiDomain);
    }

    /// <summary>The addr-spec, as given but for needless quotes, comments and blanks: <c>jane@Example.org</c>, <c>"j d"@example.org</c>.</summary>
    public string Address { get; }

    /// <summary>The display name as a reader sees it, not quoted or encoded, without outer blanks; null where there is none. Never empty.</summary>
    public string? Name { get; }

    /// <summary>What follows the last <c>@</c>, as given.</summary>
    public string Domain { get; }

    /// <summary>The domain in lower case, its labels as A-labels (RFC 5890): the form to compare and to resolve.</summary>
    public string AsciiDomain { get; }

    /// <summary>
    /// <see cref="Address"/> with a non-ASCII domain as A-labels: the form for the envelope and the headers. ASCII unless <see cref="NeedsSmtpUtf8"/>.
    /// </summary>
    public string EnvelopeAddress { get; }

    /// <summary>The local part is not ASCII, so that only a next hop with SMTPUTF8 can take it (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 { get; }

    /// <summary>What precedes the last <c>@</c>, with its quotes where it needs them. Cut out on each call.</summary>
    public string LocalPart => Address[.._at];

    /// <summary>
    /// Reads one RFC 5322 mailbox: <c>a@b.c</c>, <c>Name &lt;a@b.c&gt;</c>, <c>"Quoted, Name" &lt;a@b.c&gt;</c>, quoted local parts, comments (dropped).
    /// Groups, source routes, white space inside the address and controls are refused. Takes time linear in the input.
    /// </summary>
    /// <param name="text">At most <see cref="MaxInputLength"/> characters.</param>
    /// <param name="mailbox">The mailbox, where the answer is true.</param>
    /// <param name="error">Where the answer is false: a clause such as <c>has no @</c> that does not repeat the address.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out MailboxAddress? mailbox, [NotNullWhen(false)] out string? error) =>
        TryParse(text, AddressForms.DomainNames, out mailbox, out error);

    /// <summary>As the other overload, with legal forms that it refuses.</summary>
    public static bool TryParse(
        string? text, AddressForms forms, [NotNullWhen(true)] out MailboxAddress? mailbox, [NotNullWhen(false)] out string? error)
    {
        if (text is not null && TryBare(text, null, out mailbox))
        {
            error = null;
            return true;
        }

        return MailboxParser.TryParse(text, forms, out mailbox, out error);
    }

    /// <summary>Makes a mailbox of an addr-spec (no brackets, comments or blanks around it) and a display name; an empty name counts as none. Takes domain literals, so that what was once accepted can be made again.</summary>
    /// <param name="address">The addr-spec.</param>
    /// <param name="name">At most <see cref="MaxNameLength"/> characters without controls, or null.</param>
    /// <param name="mailbox">The mailbox, where the answer is true.</param>
    /// <param name="error">Where the answer is false: what is wrong, without the address.</param>
    public static bool TryCreate(
        string? address, string? name, [NotNullWhen(true)] out MailboxAddress? mailbox, [NotNullWhen(false)] out string? error)
    {
        mailbox = null;
        error = CheckName(name);
        if (error is not null)
        {
            return false;
        }

        return (address is not null && TryBare(address, name, out mailbox)) || MailboxParser.TryAddrSpec(address, name, out mailbox, out error);
    }

    /// <summary>As <see cref="TryCreate"/>, for parts that were checked before.</summary>
    /// <exception cref="MailFormatException">The address or the name is not valid.</exception>
    public static MailboxAddress Create(string address, string? name = null) =>
        TryCreate(address, name, out var mailbox, out var error) ? mailbox : throw new MailFormatException("Address", error);

    /// <summary>The domain only: an address must not reach a log by way of a format string.</summary>
    public override string ToString() => "…@" + AsciiDomain;

    /// <summary>The one place that a mailbox is made; every part has been checked but for the lengths in octets.</summary>
    internal static string? Build(
        string address, int at, string domain, string asciiDomain, string? name, out MailboxAddress? mailbox)
    {
        mailbox = null;
        var localOctets = Encoding.UTF8.GetByteCount(address.AsSpan(0, at));
        if (localOctets > MaxLocalPartOctets)
        {
            return $"has a part before the @ that is longer than {MaxLocalPartOctets} octets";
        }

        if (localOctets + 1 + asciiDomain.Length > MaxAddressOctets)
        {
            return $"is longer than {MaxAddressOctets} octets";
        }

        var trimmed = name?.Trim();
        mailbox = new MailboxAddress(address, at, domain, asciiDomain, string.IsNullOrEmpty(trimmed) ? null : trimmed);
        return null;
    }

    internal static string? CheckName(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (name.Length > MaxNameLength)
        {
            return $"has a display name that is longer than {MaxNameLength} characters";
        }

        if (name.AsSpan().ContainsAny(TextRules.Controls))
        {
            return "has a display name with control characters such as CR, LF or NUL";
        }

        return TextRules.HasLoneSurrogate(name) ? "has a display name that is not valid Unicode text" : null;
    }

    /// <summary>The ordinary case without a parser: <c>dot-atom@domain</c> in ASCII and nothing else.</summary>
    private static bool TryBare(string text, string? name, [NotNullWhen(true)] out MailboxAddress? mailbox)
    {
        mailbox = null;
        var at = text.IndexOf('@');
        if (at < 1
            || !LocalPartRules.IsAsciiDotAtom(text.AsSpan(0, at))
            || !DomainName.IsAscii(text.AsSpan(at + 1)))
        {
            return false;
        }

        var domain = text[(at + 1)..];
        return Build(text, at, domain, DomainName.Lower(domain), name, out mailbox) is null && mailbox is not null;
    }
}
