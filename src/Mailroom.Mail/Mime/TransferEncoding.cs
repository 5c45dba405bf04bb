namespace Mailroom.Mail.Mime;

/// <summary>How a part's octets are carried (RFC 2045 6).</summary>
internal enum TransferEncoding
{
    SevenBit,
    EightBit,
    QuotedPrintable,
    Base64,
}
