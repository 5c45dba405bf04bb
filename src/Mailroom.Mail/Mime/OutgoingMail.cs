namespace Mailroom.Mail.Mime;

/// <summary>
/// What to compose. Blind copies have no field here: they belong to the envelope alone, so they cannot leak into the message.
/// </summary>
public sealed class OutgoingMail
{
    public required MailboxAddress From { get; init; }

    /// <summary>Who submitted the mail, where that is not <see cref="From"/>; not written where both have one address (RFC 5322 3.6.2).</summary>
    public MailboxAddress? Sender { get; init; }

    /// <summary>Up to <see cref="ComposeLimits.MaxMailboxes"/>. With neither To nor Cc the header says <c>undisclosed-recipients:;</c>.</summary>
    public IReadOnlyList<MailboxAddress> To { get; init; } = [];

    public IReadOnlyList<MailboxAddress> Cc { get; init; } = [];

    public IReadOnlyList<MailboxAddress> ReplyTo { get; init; } = [];

    /// <summary>Up to <see cref="ComposeLimits.MaxSubjectLength"/> characters, no controls but the tab; null writes no Subject.</summary>
    public string? Subject { get; init; }

    /// <summary>The plain text. CRLF, CR and LF are all taken for a line end.</summary>
    public string? Text { get; init; }

    /// <summary>The HTML. CRLF, CR and LF are all taken for a line end.</summary>
    public string? Html { get; init; }

    /// <summary>Further headers, written in this order. See <see cref="HeaderRules"/>.</summary>
    public IReadOnlyList<MailHeader> Headers { get; init; } = [];

    /// <summary>Up to <see cref="ComposeLimits.MaxAttachments"/>, written in this order.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary><c>local@domain</c>, with or without angle brackets (RFC 5322 3.6.4). The multipart boundaries derive from it.</summary>
    public required string MessageId { get; init; }

    /// <summary>Written with its own offset; the year 1900 or later (RFC 5322 3.3).</summary>
    public required DateTimeOffset Date { get; init; }
}
