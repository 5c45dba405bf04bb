using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Stream;

/// <summary>A command's <c>payload_json</c> while it is being read: its fields in any order, then the rules between them.</summary>
internal ref struct PayloadDraft(ITemplates templates, bool isTemplate)
{
    private const string Root = EntryFields.Payload + ".";

    private Fields _seen;
    private IReadOnlyList<Mailbox> _to = [];
    private IReadOnlyList<Mailbox> _cc = [];
    private IReadOnlyList<Mailbox> _bcc = [];
    private IReadOnlyList<Mailbox> _replyTo = [];
    private int _recipients;
    private string? _subject;
    private string? _text;
    private string? _html;
    private string? _templateId;
    private string? _locale;
    private JsonElement? _variables;
    private IReadOnlyList<MailAttachment> _attachments = [];
    private long _base64;

    [Flags]
    private enum Fields
    {
        Unknown = 0,
        To = 1,
        Cc = 1 << 1,
        Bcc = 1 << 2,
        ReplyTo = 1 << 3,
        Attachments = 1 << 4,
        Subject = 1 << 5,
        Text = 1 << 6,
        Html = 1 << 7,
        TemplateId = 1 << 8,
        Locale = 1 << 9,
        Variables = 1 << 10,
        OfRendered = Subject | Text | Html,
        OfTemplate = TemplateId | Locale | Variables,
    }

    /// <summary>Reads the whole text. Null after a fault.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public DeliveryRequest? Read(ref JsonFields json, Mailbox from)
    {
        json.Next();
        if (json.Token != JsonTokenType.StartObject)
        {
            json.Wrong(EntryFields.Payload, "an object");
            json.End();
            return null;
        }

        while (json.NextName())
        {
            ReadMember(ref json);
        }

        json.End();
        CheckTogether(json.Faults);
        return json.Faults.Any ? null : ToRequest(from);
    }

    private void ReadMember(ref JsonFields json)
    {
        var field = Known(ref json);
        var path = Root + JsonFields.Shown(json.Name());
        var isOthers = (field & (isTemplate ? Fields.OfRendered : Fields.OfTemplate)) != 0;
        if (field == Fields.Unknown || isOthers)
        {
            json.Faults.Add(path, isOthers ? $"is not a field of the mode {(isTemplate ? CommandParser.Template : CommandParser.Rendered)}" : "is not a known field");
            json.Next();
            json.Skip();
            return;
        }

        if ((_seen & field) != 0)
        {
            json.Faults.Add(path, "is given twice");
        }

        _seen |= field;
        json.Next();
        if (!json.IsNull)
        {
            ReadField(ref json, field, path);
        }
    }

    private static Fields Known(ref JsonFields json) =>
        json.NameIs("to"u8) ? Fields.To
        : json.NameIs("subject"u8) ? Fields.Subject
        : json.NameIs("text_body"u8) ? Fields.Text
        : json.NameIs("html_body"u8) ? Fields.Html
        : json.NameIs("template_id"u8) ? Fields.TemplateId
        : json.NameIs("locale"u8) ? Fields.Locale
        : json.NameIs("variables"u8) ? Fields.Variables
        : json.NameIs("cc"u8) ? Fields.Cc
        : json.NameIs("bcc"u8) ? Fields.Bcc
        : json.NameIs("reply_to"u8) ? Fields.ReplyTo
        : json.NameIs("attachments"u8) ? Fields.Attachments
        : Fields.Unknown;

    private void ReadField(ref JsonFields json, Fields field, string path)
    {
        switch (field)
        {
            case Fields.To:
                _to = ReadRecipients(ref json, path);
                break;
            case Fields.Cc:
                _cc = ReadRecipients(ref json, path);
                break;
            case Fields.Bcc:
                _bcc = ReadRecipients(ref json, path);
                break;
            case Fields.ReplyTo:
                _replyTo = ReadMailboxes(ref json, path, EmailLimits.ReplyTo, $"must hold at most {EmailLimits.ReplyTo} addresses");
                break;
            case Fields.Attachments:
                _attachments = ReadAttachments(ref json, path);
                break;
            case Fields.Subject:
                _subject = json.Line(path, EmailLimits.SubjectLength);
                break;
            case Fields.Text:
                _text = json.Text(path);
                break;
            case Fields.Html:
                _html = json.Text(path);
                break;
            case Fields.TemplateId:
                _templateId = json.Line(path, EmailDraft.MaxTemplateIdLength);
                break;
            case Fields.Locale:
                _locale = LanguageTag.Read(ref json, path);
                break;
            case Fields.Variables:
                _variables = ReadVariables(ref json, path);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(field), field, "Not a single field.");
        }
    }

    private IReadOnlyList<Mailbox> ReadRecipients(ref JsonFields json, string path)
    {
        var mailboxes = ReadMailboxes(
            ref json, path, CommandLimits.Recipients - _recipients, $"takes the mail past {CommandLimits.Recipients} recipients in to, cc and bcc together");
        _recipients += mailboxes.Count;
        return mailboxes;
    }

    private static IReadOnlyList<Mailbox> ReadMailboxes(ref JsonFields json, string path, int room, string tooMany)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Wrong(path, "an array of addresses");
            return [];
        }

        var mailboxes = new List<Mailbox>(1);
        for (var index = 0; json.NextItem(); index++)
        {
            if (index >= room)
            {
                if (index == room)
                {
                    json.Faults.Add(path, tooMany);
                }

                json.Skip();
            }
            else if (EmailDraft.ReadMailbox(ref json, $"{path}[{index}]", null) is { } mailbox)
            {
                mailboxes.Add(mailbox);
            }
        }

        return mailboxes;
    }

    private static JsonElement? ReadVariables(ref JsonFields json, string path)
    {
        if (json.Token == JsonTokenType.StartObject)
        {
            return json.Element(path, out _);
        }

        json.Wrong(path, "an object");
        return null;
    }

    private IReadOnlyList<MailAttachment> ReadAttachments(ref JsonFields json, string path)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Wrong(path, "an array of objects");
            return [];
        }

        var attachments = new List<MailAttachment>(1);
        for (var index = 0; json.NextItem(); index++)
        {
            if (index >= CommandLimits.Attachments)
            {
                if (index == CommandLimits.Attachments)
                {
                    json.Faults.Add(path, $"must hold at most {CommandLimits.Attachments} files");
                }

                json.Skip();
            }
            else if (json.Token != JsonTokenType.StartObject)
            {
                json.Wrong($"{path}[{index}]", "an object with filename, content_type and content_base64");
            }
            else if (ReadAttachment(ref json, $"{path}[{index}]") is { } attachment)
            {
                attachments.Add(attachment);
            }
        }

        return attachments;
    }

    private MailAttachment? ReadAttachment(ref JsonFields json, string path)
    {
        var (hasName, hasType, hasContent) = (false, false, false);
        string? name = null;
        string? type = null;
        byte[]? content = null;
        while (json.NextName())
        {
            if (json.NameIs("filename"u8))
            {
                EmailDraft.Once(ref json, path + ".filename", ref hasName);
                name = EmailDraft.ReadFileName(ref json, path + ".filename");
            }
            else if (json.NameIs("content_type"u8))
            {
                EmailDraft.Once(ref json, path + ".content_type", ref hasType);
                type = EmailDraft.ReadContentType(ref json, path + ".content_type");
            }
            else if (json.NameIs("content_base64"u8))
            {
                EmailDraft.Once(ref json, path + ".content_base64", ref hasContent);
                content = ReadContent(ref json, path + ".content_base64");
            }
            else
            {
                EmailDraft.Unknown(ref json, path);
            }
        }

        EmailDraft.Missing(json.Faults, path + ".filename", hasName);
        EmailDraft.Missing(json.Faults, path + ".content_type", hasType);
        EmailDraft.Missing(json.Faults, path + ".content_base64", hasContent);
        return name is not null && type is not null && content is not null ? new MailAttachment(name, type, null, content) : null;
    }

    private byte[]? ReadContent(ref JsonFields json, string path)
    {
        if (json.Token != JsonTokenType.String)
        {
            json.Wrong(path, "a string in base64");
            return null;
        }

        _base64 += json.TextLength;
        if (_base64 > CommandLimits.AttachmentCharacters)
        {
            json.Faults.Add(path, $"takes the attachments past {CommandLimits.AttachmentCharacters} characters of base64 together", ProblemKinds.TooLarge);
            return null;
        }

        if (json.TryBase64(out var content))
        {
            return content;
        }

        json.Faults.Add(path, "is not valid base64");
        return null;
    }

    /// <summary>The rules that look at several fields. A field that is there but wrong has had its fault already.</summary>
    private readonly void CheckTogether(Faults faults)
    {
        if (faults.Any)
        {
            return;
        }

        if (_recipients == 0)
        {
            faults.Add(Root + "to", "must contain at least one recipient, or cc or bcc must");
        }

        if (isTemplate)
        {
            EmailDraft.Missing(faults, Root + "template_id", !string.IsNullOrEmpty(_templateId));
            EmailDraft.Missing(faults, Root + "locale", _locale is not null);
            if (!faults.Any && !templates.Knows(_templateId!))
            {
                faults.Add(Root + "template_id", "is not the id of a template", ProblemKinds.UnknownTemplate);
            }

            return;
        }

        EmailDraft.Missing(faults, Root + "subject", !string.IsNullOrEmpty(_subject));
        if (string.IsNullOrEmpty(_text) && string.IsNullOrEmpty(_html))
        {
            faults.Add(Root + "text_body", "is missing: a mail needs text_body or html_body");
        }
    }

    private readonly DeliveryRequest ToRequest(Mailbox from) => new()
    {
        From = from,
        To = _to,
        Cc = _cc,
        Bcc = _bcc,
        ReplyTo = _replyTo,
        Subject = _subject,
        Text = string.IsNullOrEmpty(_text) ? null : _text,
        Html = string.IsNullOrEmpty(_html) ? null : _html,
        Template = isTemplate ? new TemplateUse(_templateId!, _locale, _variables ?? EmailDraft.NoVariables) : null,
        Attachments = _attachments,
    };
}
