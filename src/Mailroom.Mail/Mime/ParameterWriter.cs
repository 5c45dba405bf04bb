using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>Writes parameters of Content-* headers: quoted where plain ASCII of a sane length, else as RFC 2231 says, in pieces where long.</summary>
internal static class ParameterWriter
{
    /// <summary>A quoted value cannot be folded, so a longer one goes out in pieces.</summary>
    private const int MaxQuoted = 60;

    private static readonly SearchValues<char> s_quotable =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(c => (char)c).Where(c => c is not ('"' or '\\' or '%'))]);

    /// <summary>RFC 2231 7 attribute-char.</summary>
    private static readonly SearchValues<byte> s_attributeChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"u8);

    /// <summary>Writes a file name so that every reader gets it exactly.</summary>
    public static void WriteFileName(MessageBuffer buffer, ReadOnlySpan<byte> attribute, string fileName)
    {
        if (IsQuotable(fileName))
        {
            WriteQuoted(buffer, attribute, fileName);
        }
        else
        {
            WriteExtended(buffer, attribute, fileName);
        }
    }

    /// <summary>
    /// Writes a file name for readers that know no RFC 2231: what is not plain ASCII becomes an underscore, and a long name is left out.
    /// It belongs beside <see cref="WriteFileName"/> in another header: both forms in one make some readers take neither.
    /// </summary>
    public static void WriteFallback(MessageBuffer buffer, ReadOnlySpan<byte> attribute, string fileName)
    {
        if (IsQuotable(fileName))
        {
            WriteQuoted(buffer, attribute, fileName);
            return;
        }

        if (fileName.Length > MaxQuoted)
        {
            return;
        }

        Span<char> fallback = stackalloc char[fileName.Length];
        for (var i = 0; i < fallback.Length; i++)
        {
            fallback[i] = fileName[i] != '?' && s_quotable.Contains(fileName[i]) ? fileName[i] : '_';
        }

        WriteQuoted(buffer, attribute, fallback.Trim(' '));
    }

    /// <summary>Writes a parameter that is well-formed already.</summary>
    public static void WriteVerbatim(MessageBuffer buffer, ReadOnlySpan<char> parameter)
    {
        Begin(buffer, parameter.Length);
        buffer.WriteAscii(parameter);
    }

    private static bool IsQuotable(string value) =>
        value.Length <= MaxQuoted
        && !value.AsSpan().ContainsAnyExcept(s_quotable)
        && value[0] != ' ' && value[^1] != ' '
        && !value.Contains("=?", StringComparison.Ordinal);

    private static void WriteQuoted(MessageBuffer buffer, ReadOnlySpan<byte> attribute, ReadOnlySpan<char> value)
    {
        Begin(buffer, attribute.Length + 3 + value.Length);
        buffer.Write(attribute);
        buffer.Write("=\""u8);
        buffer.WriteAscii(value);
        buffer.WriteByte((byte)'"');
    }

    private static void WriteExtended(MessageBuffer buffer, ReadOnlySpan<byte> attribute, string value)
    {
        const int charset = 7; // utf-8''
        var octets = new byte[Encoding.UTF8.GetByteCount(value)];
        Encoding.UTF8.GetBytes(value, octets);
        var whole = attribute.Length + 2 + charset + EncodedLength(octets);
        if (whole + 2 <= ComposeLimits.SoftLine)
        {
            Begin(buffer, whole);
            buffer.Write(attribute);
            buffer.Write("*=utf-8''"u8);
            WriteEncoded(buffer, octets);
            return;
        }

        var rest = octets.AsSpan();
        for (var section = 0; !rest.IsEmpty; section++)
        {
            Begin(buffer, ComposeLimits.SoftLine);
            buffer.Write(attribute);
            buffer.WriteByte((byte)'*');
            buffer.WriteAscii(section.ToString(CultureInfo.InvariantCulture));
            buffer.Write(section == 0 ? "*=utf-8''"u8 : "*="u8);
            var count = Fitting(rest, ComposeLimits.SoftLine - 1 - buffer.Column);
            WriteEncoded(buffer, rest[..count]);
            rest = rest[count..];
        }
    }

    /// <summary>The separator, and a new line where the parameter does not fit this one with a semicolon after it.</summary>
    private static void Begin(MessageBuffer buffer, int length)
    {
        buffer.WriteByte((byte)';');
        if (buffer.Column + 1 + length + 1 > ComposeLimits.SoftLine)
        {
            buffer.EndLine();
        }

        buffer.WriteByte((byte)' ');
    }

    /// <summary>How many octets, as whole characters, take at most <paramref name="room"/> once encoded.</summary>
    private static int Fitting(ReadOnlySpan<byte> octets, int room)
    {
        var count = 0;
        while (count < octets.Length)
        {
            _ = Rune.DecodeFromUtf8(octets[count..], out _, out var size);
            room -= EncodedLength(octets.Slice(count, size));
            if (room < 0)
            {
                break;
            }

            count += size;
        }

        return count;
    }

    private static int EncodedLength(ReadOnlySpan<byte> octets)
    {
        var length = 0;
        foreach (var octet in octets)
        {
            length += s_attributeChars.Contains(octet) ? 1 : 3;
        }

        return length;
    }

    private static void WriteEncoded(MessageBuffer buffer, ReadOnlySpan<byte> octets)
    {
        foreach (var octet in octets)
        {
            if (s_attributeChars.Contains(octet))
            {
                buffer.WriteByte(octet);
                continue;
            }

            buffer.WriteByte((byte)'%');
            buffer.WriteByte(Hex.High(octet));
            buffer.WriteByte(Hex.Low(octet));
        }
    }
}
