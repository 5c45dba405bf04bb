namespace Mailroom.Mail.Mime;

/// <summary>Refuses a mail that cannot be composed, before a single octet is written.</summary>
internal static class MailCheck
{
    /// <exception cref="MailFormatException">A field is not valid; the exception names it.</exception>
    public static void Check(OutgoingMail mail)
    {
        CheckMessageId(mail.MessageId);
        if (mail.Date.Year < 1900)
        {
            throw new MailFormatException("Date", "is before the year 1900");
        }

        CheckSubject(mail.Subject);
        CheckMailboxes("To", mail.To);
        CheckMailboxes("Cc", mail.Cc);
        CheckMailboxes("ReplyTo", mail.ReplyTo);
        if (!HeaderRules.TryCheckAll(mail.Headers, out var index, out var error))
        {
            throw new MailFormatException($"Headers[{index}]", error);
        }

        CheckAttachments(mail.Attachments);
        CheckSize(mail);
    }

    private static void CheckMessageId(string messageId)
    {
        if (!MessageIdRules.TryCheck(messageId, out var error))
        {
            throw new MailFormatException("MessageId", error);
        }
    }

    private static void CheckSubject(string? subject)
    {
        if (!SubjectRules.TryCheck(subject, out var error))
        {
            throw new MailFormatException("Subject", error);
        }
    }

    private static void CheckMailboxes(string field, IReadOnlyList<MailboxAddress> mailboxes)
    {
        if (mailboxes.Count > ComposeLimits.MaxMailboxes)
        {
            throw new MailFormatException(field, $"holds more than {ComposeLimits.MaxMailboxes} mailboxes");
        }
    }

    private static void CheckAttachments(IReadOnlyList<Attachment> attachments)
    {
        if (attachments.Count > ComposeLimits.MaxAttachments)
        {
            throw new MailFormatException("Attachments", $"are more than {ComposeLimits.MaxAttachments}");
        }

        for (var i = 0; i < attachments.Count; i++)
        {
            var attachment = attachments[i];
            if (!AttachmentRules.TryCheckFileName(attachment.FileName, out var error))
            {
                throw new MailFormatException($"Attachments[{i}].FileName", error);
            }

            if (attachment.ContentType is { } type && !AttachmentRules.TryCheckContentType(type, out error))
            {
                throw new MailFormatException($"Attachments[{i}].ContentType", error);
            }

            if (attachment.ContentId is { } id)
            {
                CheckContentId(attachments, i, id);
            }
        }
    }

    private static void CheckContentId(IReadOnlyList<Attachment> attachments, int index, string id)
    {
        if (!AttachmentRules.TryCheckContentId(id, out var error))
        {
            throw new MailFormatException($"Attachments[{index}].ContentId", error);
        }

        for (var i = 0; i < index; i++)
        {
            if (AttachmentRules.WithoutBrackets(attachments[i].ContentId).SequenceEqual(AttachmentRules.WithoutBrackets(id)))
            {
                throw new MailFormatException($"Attachments[{index}].ContentId", "is the id of an earlier attachment too");
            }
        }
    }

    private static void CheckSize(OutgoingMail mail)
    {
        var size = (long)(mail.Text?.Length ?? 0) + (mail.Html?.Length ?? 0);
        for (var i = 0; i < mail.Attachments.Count; i++)
        {
            size += Base64Lines.EncodedLength(mail.Attachments[i].Content.Length);
        }

        if (size > ComposeLimits.MaxMessageBytes)
        {
            throw new MailFormatException("Mail", $"would be composed to more than {ComposeLimits.MaxMessageBytes} octets; send less or smaller attachments");
        }
    }
}
