using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Mime;

namespace Mailroom.Providers.Capture;

/// <summary>Keeps mail and shows it instead of sending it.</summary>
public sealed class CaptureProvider(CapturedMailFolder folder, RetryLadder ladder, TimeProvider clock) : IMailProvider
{
    private static readonly AttemptReport Captured = new()
    {
        Status = AttemptStatus.ProviderAccepted,
        ReplyCode = 250,
        Summary = "captured, not sent",
        RemoteHost = "capture",
    };

    public string Name => "capture";

    public RetryLadder Ladder => ladder;

    public async ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
    {
        var recipients = mail.Recipients ?? [.. Enumerable.Range(0, mail.Request.RecipientCount)];
        var acted = recipients.Select(position => TestRecipients.Outcome(mail.Request.Recipient(position).Address)).OfType<AttemptReport>().FirstOrDefault();
        if (acted is not null)
        {
            return acted;
        }

        try
        {
            using var message = ComposedMail.Compose(mail);
            await folder.AddAsync(Show(mail, message.Bytes.Length), message.Bytes, CancellationToken.None).ConfigureAwait(false);
            return Captured;
        }
        catch (MailFormatException why)
        {
            return new() { Status = AttemptStatus.RenderFailed, Reason = "invalid_message", Summary = why.Message };
        }
        catch (IOException why)
        {
            return new() { Status = AttemptStatus.TransportFailed, Reason = "capture_failed", Summary = why.Message };
        }
    }

    private CapturedMail Show(OutboundMail mail, int size)
    {
        var outgoing = ComposedMail.Outgoing(mail);
        var request = mail.Request;
        var headers = new List<KeyValuePair<string, string>>
        {
            new("Date", outgoing.Date.ToString("R", System.Globalization.CultureInfo.InvariantCulture)),
            new("From", Show(request.From)),
            new("Message-ID", $"<{outgoing.MessageId}>"),
        };
        Add(headers, "To", request.To);
        Add(headers, "Cc", request.Cc);
        Add(headers, "Reply-To", request.ReplyTo);
        headers.Add(new("Subject", mail.Subject));
        headers.AddRange(request.Headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value)));
        return new(
            mail.Id.Value, clock.GetUtcNow(), Show(request.From), [.. request.To.Select(Show)], [.. request.Cc.Select(Show)],
            [.. Enumerable.Range(0, request.RecipientCount).Select(position => request.Recipient(position).Address)], mail.Subject, mail.Text, mail.Html, headers,
            [.. request.Attachments.Select(file => new CapturedAttachment(file.FileName, file.ContentType ?? "application/octet-stream", file.Content.Length, file.ContentId))],
            size);
    }

    private static void Add(List<KeyValuePair<string, string>> headers, string name, IReadOnlyList<Mailbox> mailboxes)
    {
        if (mailboxes.Count > 0)
        {
            headers.Add(new(name, string.Join(", ", mailboxes.Select(Show))));
        }
    }

    private static string Show(Mailbox mailbox) => mailbox.Name is { Length: > 0 } name ? $"{name} <{mailbox.Address}>" : mailbox.Address;
}
