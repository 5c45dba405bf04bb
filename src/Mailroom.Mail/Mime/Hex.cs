namespace Mailroom.Mail.Mime;

/// <summary>The upper-case hexadecimal digits of an octet, as quoted-printable and RFC 2231 want them.</summary>
internal static class Hex
{
    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEF"u8;

    public static byte High(byte octet) => Digits[octet >> 4];

    public static byte Low(byte octet) => Digits[octet & 15];
}
