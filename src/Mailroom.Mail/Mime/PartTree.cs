namespace Mailroom.Mail.Mime;

/// <summary>
/// The parts of a message and how they nest (RFC 2046 5.1, RFC 2387). Each entity is written as its Content-* header, a blank line and its body
/// without a line end after it: the line end before a delimiter belongs to the delimiter.
/// </summary>
internal struct PartTree : IDisposable
{
    private readonly OutgoingMail _mail;
    private readonly Boundary _boundary;
    private readonly int _inline;
    private readonly bool _hasText;
    private readonly bool _hasHtml;
    private BodyText _text;
    private BodyText _html;

    public PartTree(OutgoingMail mail, bool allow8Bit)
    {
        _mail = mail;
        _boundary = new Boundary(AttachmentRules.WithoutBrackets(mail.MessageId));
        _hasHtml = mail.Html is not null;
        _hasText = mail.Text is not null || (!_hasHtml && mail.Attachments.Count == 0);
        _text = _hasText ? new BodyText(mail.Text ?? "", allow8Bit) : default;
        _html = _hasHtml ? new BodyText(mail.Html!, allow8Bit) : default;
        for (var i = 0; i < mail.Attachments.Count; i++)
        {
            _inline += IsInline(mail.Attachments[i]) ? 1 : 0;
        }
    }

    public readonly bool Has8Bit =>
        (_hasText && _text.Encoding == TransferEncoding.EightBit) || (_hasHtml && _html.Encoding == TransferEncoding.EightBit);

    public readonly void Write(MessageBuffer buffer)
    {
        if (_inline < _mail.Attachments.Count)
        {
            WriteMixed(buffer);
        }
        else
        {
            WriteBodies(buffer);
        }

        buffer.EnsureLineEnd();
    }

    public void Dispose()
    {
        _text.Dispose();
        _html.Dispose();
    }

    private readonly bool IsInline(Attachment attachment) => _hasHtml && attachment.ContentId is not null;

    private readonly void WriteMixed(MessageBuffer buffer)
    {
        BeginMultipart(buffer, "multipart/mixed"u8, Boundary.Mixed, default);
        if (_hasText || _hasHtml)
        {
            WriteDelimiter(buffer, Boundary.Mixed);
            WriteBodies(buffer);
        }

        WriteAttachments(buffer, Boundary.Mixed, inline: false);
        EndMultipart(buffer, Boundary.Mixed);
    }

    private readonly void WriteBodies(MessageBuffer buffer)
    {
        if (_inline == 0)
        {
            WriteAlternatives(buffer);
            return;
        }

        BeginMultipart(buffer, "multipart/related"u8, Boundary.Related, _hasText ? "multipart/alternative"u8 : "text/html"u8);
        WriteDelimiter(buffer, Boundary.Related);
        WriteAlternatives(buffer);
        WriteAttachments(buffer, Boundary.Related, inline: true);
        EndMultipart(buffer, Boundary.Related);
    }

    private readonly void WriteAlternatives(MessageBuffer buffer)
    {
        if (!_hasText || !_hasHtml)
        {
            if (_hasText)
            {
                WriteText(buffer, "text/plain"u8, _text);
            }
            else
            {
                WriteText(buffer, "text/html"u8, _html);
            }

            return;
        }

        BeginMultipart(buffer, "multipart/alternative"u8, Boundary.Alternative, default);
        WriteDelimiter(buffer, Boundary.Alternative);
        WriteText(buffer, "text/plain"u8, _text);
        WriteDelimiter(buffer, Boundary.Alternative);
        WriteText(buffer, "text/html"u8, _html);
        EndMultipart(buffer, Boundary.Alternative);
    }

    private static void WriteText(MessageBuffer buffer, ReadOnlySpan<byte> type, in BodyText body)
    {
        buffer.Write("Content-Type: "u8);
        buffer.Write(type);
        buffer.Write("; charset=utf-8\r\n"u8);
        ContentHeaders.WriteEncoding(buffer, body.Encoding);
        buffer.EndLine();
        body.Write(buffer);
    }

    private readonly void WriteAttachments(MessageBuffer buffer, byte kind, bool inline)
    {
        for (var i = 0; i < _mail.Attachments.Count; i++)
        {
            if (IsInline(_mail.Attachments[i]) == inline)
            {
                WriteDelimiter(buffer, kind);
                AttachmentPart.Write(buffer, _mail.Attachments[i], inline, _boundary);
            }
        }
    }

    private readonly void BeginMultipart(MessageBuffer buffer, ReadOnlySpan<byte> type, byte kind, ReadOnlySpan<byte> rootType)
    {
        buffer.Write("Content-Type: "u8);
        buffer.Write(type);
        buffer.Write("; boundary=\""u8);
        _boundary.Write(buffer, kind);
        buffer.WriteByte((byte)'"');
        if (!rootType.IsEmpty)
        {
            buffer.Write(";\r\n type=\""u8);
            buffer.Write(rootType);
            buffer.WriteByte((byte)'"');
        }

        buffer.EndLine();
        if (Has8Bit)
        {
            // A multipart has to declare what its parts hold (RFC 2045 6.4).
            ContentHeaders.WriteEncoding(buffer, TransferEncoding.EightBit);
        }
    }

    private readonly void WriteDelimiter(MessageBuffer buffer, byte kind)
    {
        buffer.Write("\r\n--"u8);
        _boundary.Write(buffer, kind);
        buffer.EndLine();
    }

    private readonly void EndMultipart(MessageBuffer buffer, byte kind)
    {
        buffer.Write("\r\n--"u8);
        _boundary.Write(buffer, kind);
        buffer.Write("--"u8);
    }
}
