using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Mime;
using MailHeader = Mailroom.Mail.Mime.MailHeader;

namespace Mailroom.Providers;

/// <summary>One attempt's mail as an Internet message: the same bytes on every attempt, with the delivery's one Message-ID (G3).</summary>
internal static class ComposedMail
{
    /// <exception cref="MailFormatException">Something in it cannot be part of a message; names the field.</exception>
    public static ComposedMessage Compose(OutboundMail mail) => MessageComposer.Compose(Outgoing(mail));

    public static OutgoingMail Outgoing(OutboundMail mail)
    {
        var from = Parse(mail.Request.From);
        return new OutgoingMail
        {
            From = from,
            To = Parse(mail.Request.To),
            Cc = Parse(mail.Request.Cc),
            ReplyTo = Parse(mail.Request.ReplyTo),
            Subject = mail.Subject,
            Text = mail.Text,
            Html = mail.Html,
            Headers = Headers(mail.Request.Headers),
            Attachments = Attachments(mail.Request.Attachments),
            // Left of the @ is the delivery, right of it the sender's domain: the same on every attempt.
            MessageId = $"{mail.Id.Value}@{from.AsciiDomain}",
            Date = mail.CreatedAt,
        };
    }

    public static MailboxAddress Parse(Mailbox mailbox) => MailboxAddress.Create(mailbox.Address, mailbox.Name);

    private static IReadOnlyList<MailboxAddress> Parse(IReadOnlyList<Mailbox> mailboxes)
    {
        if (mailboxes.Count == 0)
        {
            return [];
        }

        var parsed = new MailboxAddress[mailboxes.Count];
        for (var i = 0; i < parsed.Length; i++)
        {
            parsed[i] = Parse(mailboxes[i]);
        }

        return parsed;
    }

    private static IReadOnlyList<MailHeader> Headers(IReadOnlyList<Actors.Deliveries.MailHeader> headers) =>
        headers.Count == 0 ? [] : [.. headers.Select(header => new MailHeader(header.Name, header.Value))];

    private static IReadOnlyList<Attachment> Attachments(IReadOnlyList<MailAttachment> attachments) =>
        attachments.Count == 0
            ? []
            : [.. attachments.Select(file => new Attachment
                {
                    FileName = file.FileName,
                    Content = file.Content,
                    ContentType = file.ContentType,
                    ContentId = file.ContentId,
                })];
}
