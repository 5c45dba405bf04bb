using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Errors;
using Mailroom.Mail.Mime;

namespace Mailroom.Api.Emails;

/// <summary>The address fields: each a string or an array of strings.</summary>
internal ref partial struct EmailDraft
{
    private IReadOnlyList<Mailbox> ReadRecipients(ref JsonFields json, string field)
    {
        var mailboxes = ReadMailboxes(ref json, field, EmailLimits.Recipients - _recipients);
        _recipients += mailboxes.Count;
        return mailboxes;
    }

    private readonly IReadOnlyList<Mailbox> ReadMailboxes(ref JsonFields json, string field, int room)
    {
        if (json.Token == JsonTokenType.String)
        {
            if (room < 1)
            {
                TooMany(json.Faults, field);
                return [];
            }

            return ReadMailbox(ref json, Path(field), null) is { } only ? [only] : [];
        }

        if (json.Token != JsonTokenType.StartArray)
        {
            json.Wrong(Path(field), "an address or an array of addresses");
            return [];
        }

        var mailboxes = new List<Mailbox>(1);
        for (var index = 0; json.NextItem(); index++)
        {
            if (index < room)
            {
                if (ReadMailbox(ref json, $"{Path(field)}[{index}]", null) is { } mailbox)
                {
                    mailboxes.Add(mailbox);
                }
            }
            else
            {
                if (index == room)
                {
                    TooMany(json.Faults, field);
                }

                json.Skip();
            }
        }

        return mailboxes;
    }

    internal static Mailbox? ReadMailbox(ref JsonFields json, string path, ProblemKind? kind)
    {
        if (json.Token != JsonTokenType.String)
        {
            json.Wrong(path, "an address such as name@example.com", kind);
            return null;
        }

        if (json.String(path) is not { } text)
        {
            return null;
        }

        if (MailboxAddress.TryParse(text, out var mailbox, out var error))
        {
            return new Mailbox(mailbox.Address, mailbox.Name);
        }

        json.Faults.Add(path, error, kind);
        return null;
    }

    private readonly void TooMany(Faults faults, string field) => faults.Add(
        Path(field),
        field == "reply_to"
            ? $"must hold at most {EmailLimits.ReplyTo} addresses"
            : $"takes the mail past {EmailLimits.Recipients} recipients in to, cc and bcc together");
}
