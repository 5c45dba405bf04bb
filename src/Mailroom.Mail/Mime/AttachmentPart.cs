using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>Writes an attachment with its header (RFC 2183, RFC 2045): base64, or as it is where a message may not be encoded.</summary>
internal static class AttachmentPart
{
    public static void Write(MessageBuffer buffer, Attachment attachment, bool inline, Boundary boundary)
    {
        var content = attachment.Content.Span;
        var type = attachment.ContentType ?? MediaType.FromFileName(attachment.FileName);
        var isMessage = type.StartsWith("message/", StringComparison.OrdinalIgnoreCase);
        var asIs = isMessage && IsSafeAsIs(content, boundary);
        WriteType(buffer, isMessage && !asIs ? MediaType.Unknown : type, attachment.FileName);
        ContentHeaders.WriteEncoding(buffer, asIs ? TransferEncoding.SevenBit : TransferEncoding.Base64);
        WriteDisposition(buffer, attachment, inline);
        buffer.EndLine();
        if (asIs)
        {
            WriteLines(buffer, content);
        }
        else
        {
            Base64Lines.Write(buffer, content);
        }
    }

    private static void WriteType(MessageBuffer buffer, string type, string fileName)
    {
        var essence = MediaType.EssenceLength(type);
        buffer.BeginLine();
        buffer.Write("Content-Type: "u8);
        buffer.WriteAscii(type.AsSpan(0, essence));
        var rest = type.AsSpan(essence);
        while (MediaType.NextParameter(ref rest, out var parameter, out var attribute))
        {
            if (!IsName(attribute))
            {
                ParameterWriter.WriteVerbatim(buffer, parameter);
            }
        }

        ParameterWriter.WriteFallback(buffer, "name"u8, fileName);
        buffer.EndLine();
    }

    private static void WriteDisposition(MessageBuffer buffer, Attachment attachment, bool inline)
    {
        buffer.BeginLine();
        buffer.Write(inline ? "Content-Disposition: inline"u8 : "Content-Disposition: attachment"u8);
        ParameterWriter.WriteFileName(buffer, "filename"u8, attachment.FileName);
        buffer.EndLine();
        if (attachment.ContentId is { } id)
        {
            buffer.Write("Content-ID: <"u8);
            buffer.WriteAscii(AttachmentRules.WithoutBrackets(id));
            buffer.Write(">\r\n"u8);
        }
    }

    /// <summary>The file name is written by us: one of the caller's beside it, in whatever form, would be ambiguous.</summary>
    private static bool IsName(ReadOnlySpan<char> attribute) =>
        attribute.StartsWith("name", StringComparison.OrdinalIgnoreCase) && (attribute.Length == 4 || attribute[4] == '*');

    private static bool IsSafeAsIs(ReadOnlySpan<byte> content, Boundary boundary)
    {
        if (!Ascii.IsValid(content) || content.Contains((byte)0))
        {
            return false;
        }

        while (true)
        {
            var end = content.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? content : content[..end];
            if (line.Length > ComposeLimits.HardLine || boundary.IsDelimiter(line))
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            content = content[(end + 1)..];
        }
    }

    private static void WriteLines(MessageBuffer buffer, ReadOnlySpan<byte> content)
    {
        while (true)
        {
            var end = content.IndexOfAny((byte)'\r', (byte)'\n');
            buffer.Write(end < 0 ? content : content[..end]);
            if (end < 0)
            {
                return;
            }

            buffer.EndLine();
            content = content[(end + (content[end..].StartsWith("\r\n"u8) ? 2 : 1))..];
        }
    }
}
