namespace Mailroom.Mail.Mime;

/// <summary>A file that goes with a mail.</summary>
public sealed class Attachment
{
    /// <summary>The name that the reader is offered, 1 to 255 characters without controls. Non-ASCII names are written as RFC 2231 says.</summary>
    public required string FileName { get; init; }

    /// <summary>
    /// The bytes as the reader shall get them. They are read while composing and not kept.
    /// </summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>
    /// <c>type/subtype</c> with optional parameters (RFC 2045 5.1), or null to go by the file name's extension. <c>multipart/*</c> is refused.
    /// <c>message/*</c> may not be base64 (RFC 2046 5.2.1): where such content is not 7-bit it goes out as <c>application/octet-stream</c>.
    /// </summary>
    public string? ContentType { get; init; }

    /// <summary>
    /// The id that the HTML names as <c>cid:…</c>, with or without angle brackets. Where the mail has HTML, an attachment with an id is an inline part;
    /// where it has none, it is an ordinary attachment that keeps its id.
    /// </summary>
    public string? ContentId { get; init; }
}
