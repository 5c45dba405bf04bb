using System.Text;

namespace Mailroom.Testing;

/// <summary>Finds the Message-ID in the header of a mail (RFC 5322 section 3.6.4).</summary>
internal static class MessageIdHeader
{
    private const int LongestId = 998;

    private static ReadOnlySpan<byte> Name => "message-id:"u8;

    /// <summary>The id with its angle brackets, or empty. A folded one, on the line after its name, is found too.</summary>
    public static string In(ReadOnlySpan<byte> message)
    {
        var rest = message;
        while (!rest.IsEmpty)
        {
            var lineEnd = rest.IndexOf("\r\n"u8);
            var line = lineEnd < 0 ? rest : rest[..lineEnd];
            if (line.IsEmpty)
            {
                return "";
            }

            if (line.Length >= Name.Length && Ascii.EqualsIgnoreCase(line[..Name.Length], Name))
            {
                return Id(rest[Name.Length..]);
            }

            rest = lineEnd < 0 ? default : rest[(lineEnd + 2)..];
        }

        return "";
    }

    private static string Id(ReadOnlySpan<byte> value)
    {
        value = value[..Math.Min(value.Length, LongestId)].TrimStart(" \t\r\n"u8);
        var end = value.IndexOf((byte)'>');
        return end >= 0 && value[0] == (byte)'<' ? Encoding.UTF8.GetString(value[..(end + 1)]) : "";
    }
}
