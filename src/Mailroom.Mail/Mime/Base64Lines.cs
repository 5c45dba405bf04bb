using System.Buffers.Text;

namespace Mailroom.Mail.Mime;

/// <summary>Base64 in lines of 76 (RFC 2045 6.8), the last one not ended.</summary>
internal static class Base64Lines
{
    private const int LineOctets = 57;
    private const int LineLength = 76;

    /// <summary>The octets that <see cref="Write"/> makes of so many.</summary>
    public static long EncodedLength(long octets) => octets == 0 ? 0 : ((octets + 2) / 3 * 4) + (2 * ((octets - 1) / LineOctets));

    /// <exception cref="MailFormatException">The message would pass <see cref="ComposeLimits.MaxMessageBytes"/>.</exception>
    public static void Write(MessageBuffer buffer, ReadOnlySpan<byte> octets)
    {
        var total = (int)Math.Min(EncodedLength(octets.Length), int.MaxValue);
        var target = buffer.GetSpan(total);
        while (octets.Length > LineOctets)
        {
            _ = Base64.EncodeToUtf8(octets[..LineOctets], target, out _, out _);
            target[LineLength] = (byte)'\r';
            target[LineLength + 1] = (byte)'\n';
            target = target[(LineLength + 2)..];
            octets = octets[LineOctets..];
        }

        _ = Base64.EncodeToUtf8(octets, target, out _, out _);
        buffer.Advance(total);
    }
}
