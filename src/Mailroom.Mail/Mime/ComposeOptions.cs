namespace Mailroom.Mail.Mime;

/// <summary>How to compose.</summary>
public readonly record struct ComposeOptions
{
    /// <summary>
    /// Text and HTML may go out as raw UTF-8 (for a next hop that offers 8BITMIME, RFC 6152). The default, false, writes 7-bit octets only;
    /// the one exception is a mailbox whose local part is not ASCII, which no encoding can express (<see cref="ComposedMessage.NeedsSmtpUtf8"/>).
    /// </summary>
    public bool Allow8Bit { get; init; }
}
