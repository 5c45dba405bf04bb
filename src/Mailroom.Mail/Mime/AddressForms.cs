namespace Mailroom.Mail.Mime;

/// <summary>Forms of an address that are legal but refused unless asked for.</summary>
[Flags]
public enum AddressForms
{
    /// <summary>A domain name only.</summary>
    DomainNames = 0,

    /// <summary>Also <c>user@[192.0.2.1]</c> and <c>user@[IPv6:2001:db8::1]</c> (RFC 5321 4.1.3).</summary>
    DomainLiterals = 1,
}
