namespace Mailroom.Mail.Mime;

/// <summary>The Content-* lines that every kind of part shares.</summary>
internal static class ContentHeaders
{
    public static void WriteEncoding(MessageBuffer buffer, TransferEncoding encoding) => buffer.Write(encoding switch
    {
        TransferEncoding.SevenBit => "Content-Transfer-Encoding: 7bit\r\n"u8,
        TransferEncoding.EightBit => "Content-Transfer-Encoding: 8bit\r\n"u8,
        TransferEncoding.QuotedPrintable => "Content-Transfer-Encoding: quoted-printable\r\n"u8,
        TransferEncoding.Base64 => "Content-Transfer-Encoding: base64\r\n"u8,
        _ => throw new InvalidOperationException($"Transfer encoding {encoding} is not known."),
    });
}
