using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>One mail while it is being read: its fields in any order, then the rules between them.</summary>
internal ref partial struct EmailDraft(string prefix, ITemplates templates, EmailLimits limits, DateTimeOffset now)
{
    internal static readonly JsonElement NoVariables = JsonElement.Parse("{}"u8);

    private Fields _seen;

    /// <summary>Seen and not null.</summary>
    private Fields _given;
    private Mailbox? _from;
    private IReadOnlyList<Mailbox> _to = [];
    private IReadOnlyList<Mailbox> _cc = [];
    private IReadOnlyList<Mailbox> _bcc = [];
    private IReadOnlyList<Mailbox> _replyTo = [];
    private int _recipients;
    private string? _subject;
    private string? _html;
    private string? _text;
    private IReadOnlyList<MailHeader> _headers = [];
    private IReadOnlyList<MailAttachment> _attachments = [];
    private IReadOnlyList<MailTag> _tags = [];
    private TemplateUse? _template;
    private SendTime? _scheduledAt;
    private Instant? _expiresAt;
    private UncertainPolicy? _onUncertain;
    private long _bytes;

    [Flags]
    private enum Fields
    {
        Unknown = 0,
        From = 1,
        To = 1 << 1,
        Cc = 1 << 2,
        Bcc = 1 << 3,
        ReplyTo = 1 << 4,
        Subject = 1 << 5,
        Html = 1 << 6,
        Text = 1 << 7,
        Headers = 1 << 8,
        Attachments = 1 << 9,
        Tags = 1 << 10,
        Template = 1 << 11,
        ScheduledAt = 1 << 12,
        ExpiresAt = 1 << 13,
        OnUncertain = 1 << 14,
    }

    /// <summary>Reads from the object's start to its end. Null after a fault.</summary>
    public ParsedEmail? Read(ref JsonFields json)
    {
        while (json.NextName())
        {
            var field = Known(ref json);
            if (field == Fields.Unknown)
            {
                json.Faults.Add(Path(JsonFields.Shown(json.Name())), "is not a known field");
                json.Next();
                json.Skip();
                continue;
            }

            if ((_seen & field) != 0)
            {
                json.Faults.Add(Path(JsonFields.Shown(json.Name())), "is given twice");
            }

            _seen |= field;
            json.Next();
            if (!json.IsNull)
            {
                _given |= field;
                ReadField(ref json, field);
            }
        }

        CheckTogether(json.Faults);
        return json.Faults.Any ? null : ToEmail();
    }

    private static Fields Known(ref JsonFields json) =>
        json.NameIs("from"u8) ? Fields.From
        : json.NameIs("to"u8) ? Fields.To
        : json.NameIs("subject"u8) ? Fields.Subject
        : json.NameIs("html"u8) ? Fields.Html
        : json.NameIs("text"u8) ? Fields.Text
        : json.NameIs("template"u8) ? Fields.Template
        : json.NameIs("cc"u8) ? Fields.Cc
        : json.NameIs("bcc"u8) ? Fields.Bcc
        : json.NameIs("reply_to"u8) ? Fields.ReplyTo
        : json.NameIs("headers"u8) ? Fields.Headers
        : json.NameIs("attachments"u8) ? Fields.Attachments
        : json.NameIs("tags"u8) ? Fields.Tags
        : json.NameIs("scheduled_at"u8) ? Fields.ScheduledAt
        : json.NameIs("expires_at"u8) ? Fields.ExpiresAt
        : json.NameIs("on_uncertain"u8) ? Fields.OnUncertain
        : Fields.Unknown;

    private void ReadField(ref JsonFields json, Fields field)
    {
        switch (field)
        {
            case Fields.From:
                _from = ReadMailbox(ref json, Path("from"), ProblemKinds.InvalidFromAddress);
                break;
            case Fields.To:
                _to = ReadRecipients(ref json, "to");
                break;
            case Fields.Cc:
                _cc = ReadRecipients(ref json, "cc");
                break;
            case Fields.Bcc:
                _bcc = ReadRecipients(ref json, "bcc");
                break;
            case Fields.ReplyTo:
                _replyTo = ReadMailboxes(ref json, "reply_to", EmailLimits.ReplyTo);
                break;
            case Fields.Subject:
                _subject = json.Line(Path("subject"), EmailLimits.SubjectLength);
                break;
            case Fields.Html:
                _html = ReadBody(ref json, "html");
                break;
            case Fields.Text:
                _text = ReadBody(ref json, "text");
                break;
            case Fields.Headers:
                _headers = ReadHeaders(ref json);
                break;
            case Fields.Attachments:
                _attachments = ReadAttachments(ref json);
                break;
            case Fields.Tags:
                _tags = ReadTags(ref json);
                break;
            case Fields.Template:
                _template = ReadTemplate(ref json);
                break;
            case Fields.ScheduledAt:
                _scheduledAt = ReadScheduledAt(ref json);
                break;
            case Fields.ExpiresAt:
                _expiresAt = ReadExpiresAt(ref json);
                break;
            case Fields.OnUncertain:
                _onUncertain = UncertainPolicies.Read(ref json, Path("on_uncertain"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(field), field, "Not a single field.");
        }
    }

    private string? ReadBody(ref JsonFields json, string field)
    {
        var body = json.Text(Path(field));
        AddBytes(body is null ? 0 : Encoding.UTF8.GetByteCount(body), field, json.Faults);
        return string.IsNullOrEmpty(body) ? null : body;
    }

    private SendTime? ReadScheduledAt(ref JsonFields json)
    {
        if (json.Line(Path("scheduled_at"), 64) is not { } text)
        {
            return null;
        }

        if (SendTime.TryParse(text, now, out var time, out var error))
        {
            return time;
        }

        json.Faults.Add(Path("scheduled_at"), error);
        return null;
    }

    private Instant? ReadExpiresAt(ref JsonFields json)
    {
        if (json.Line(Path("expires_at"), 64) is not { } text)
        {
            return null;
        }

        if (!SendTime.TryTime(text, out var time))
        {
            json.Faults.Add(Path("expires_at"), "must be an RFC 3339 time with its offset, for example 2026-01-31T09:30:00Z");
            return null;
        }

        if (time <= now)
        {
            json.Faults.Add(Path("expires_at"), "must be in the future");
            return null;
        }

        return Instant.From(time);
    }

    /// <summary>The rules that look at several fields. A field that is there but wrong has had its fault already.</summary>
    private readonly void CheckTogether(Faults faults)
    {
        Require(faults, Fields.From, "from", _from is not null);
        Require(faults, Fields.To, "to", _to.Count > 0);
        if ((_given & Fields.Template) == 0)
        {
            Require(faults, Fields.Subject, "subject", !string.IsNullOrEmpty(_subject));
            if (_html is null && _text is null && !faults.Any)
            {
                faults.Add(Path("text"), "is missing: a mail needs text, html or a template", ProblemKinds.MissingRequiredField);
            }
        }
        else if (_html is not null || _text is not null)
        {
            faults.Add(Path("template"), "cannot be given together with html or text");
        }

        if (_expiresAt is { } expires && _scheduledAt is { } scheduled && expires <= scheduled.At)
        {
            faults.Add(Path("expires_at"), "must be after scheduled_at", ProblemKinds.AfterExpiry);
        }
    }

    private readonly void Require(Faults faults, Fields field, string name, bool isThere)
    {
        if (!isThere && ((_given & field) == 0 || !faults.Any))
        {
            faults.Add(Path(name), "is missing", ProblemKinds.MissingRequiredField);
        }
    }

    private readonly ParsedEmail ToEmail() => new(
        new DeliveryRequest
        {
            From = _from!,
            To = _to,
            Cc = _cc,
            Bcc = _bcc,
            ReplyTo = _replyTo,
            Subject = string.IsNullOrEmpty(_subject) ? null : _subject,
            Text = _text,
            Html = _html,
            Template = _template,
            Headers = _headers,
            Attachments = _attachments,
            Tags = _tags,
        },
        _scheduledAt,
        _expiresAt,
        _onUncertain);

    private void AddBytes(long more, string field, Faults faults)
    {
        var before = _bytes;
        _bytes += more;
        if (before <= limits.MaxMessageBytes && _bytes > limits.MaxMessageBytes)
        {
            faults.Add(Path(field), $"takes the mail past {limits.MaxMessageBytes} bytes", ProblemKinds.TooLarge);
        }
    }

    private readonly string Path(string field) => prefix.Length == 0 ? field : prefix + field;
}
