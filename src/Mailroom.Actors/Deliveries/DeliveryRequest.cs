namespace Mailroom.Actors.Deliveries;

/// <summary>An address that was validated where it entered, and the name shown beside it.</summary>
public sealed record Mailbox(string Address, string? Name = null);

/// <summary>A header of the caller's, validated where it entered: no control characters, no name that Mailroom sets itself.</summary>
public sealed record MailHeader(string Name, string Value);

public sealed record MailTag(string Name, string Value);

/// <summary>One attached file; with a <paramref name="ContentId"/> it is an inline part of the HTML.</summary>
public sealed record MailAttachment(string FileName, string? ContentType, string? ContentId, ReadOnlyMemory<byte> Content);

/// <summary>A template of the catalog and its variables, which are a JSON object.</summary>
public sealed record TemplateUse(string Id, string? Locale, System.Text.Json.JsonElement Variables);

/// <summary>What a caller asked to be mailed. This is what is kept: a rendered body is derived from it and can be made again.</summary>
public sealed record DeliveryRequest
{
    public required Mailbox From { get; init; }

    public IReadOnlyList<Mailbox> To { get; init; } = [];

    public IReadOnlyList<Mailbox> Cc { get; init; } = [];

    public IReadOnlyList<Mailbox> Bcc { get; init; } = [];

    public IReadOnlyList<Mailbox> ReplyTo { get; init; } = [];

    public string? Subject { get; init; }

    public string? Text { get; init; }

    public string? Html { get; init; }

    /// <summary>In place of <see cref="Text"/> and <see cref="Html"/>; a <see cref="Subject"/> beside it wins over the template's.</summary>
    public TemplateUse? Template { get; init; }

    public IReadOnlyList<MailHeader> Headers { get; init; } = [];

    public IReadOnlyList<MailAttachment> Attachments { get; init; } = [];

    public IReadOnlyList<MailTag> Tags { get; init; } = [];

    /// <summary>How many recipients the envelope has.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int RecipientCount => To.Count + Cc.Count + Bcc.Count;

    /// <summary>The envelope's recipient at <paramref name="index"/>: to, then cc, then bcc. The index is the recipient's stored position.</summary>
    public Mailbox Recipient(int index) =>
        index < To.Count ? To[index]
        : index < To.Count + Cc.Count ? Cc[index - To.Count]
        : Bcc[index - To.Count - Cc.Count];

    /// <summary><c>to</c>, <c>cc</c> or <c>bcc</c>.</summary>
    public string RecipientKind(int index) => index < To.Count ? "to" : index < To.Count + Cc.Count ? "cc" : "bcc";
}

/// <summary>A template's output, kept from the first attempt that has to be repeated, so that all attempts say the same.</summary>
public sealed record RenderedContent(string Subject, string Text, string? Html, string Locale, bool LocaleFallbackUsed);
