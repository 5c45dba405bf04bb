using System.Text;
using Mailroom.Mail.Mime;

namespace Mailroom.Mail.Tests.Mime;

/// <summary>Mails for the tests: one that is whole, to be varied by the field at hand.</summary>
internal static class MailSample
{
    public const string MessageId = "d-1@example.org";

    public static readonly DateTimeOffset Date = new(2026, 11, 21, 9, 5, 7, TimeSpan.Zero);

    public static readonly MailboxAddress Jane = MailboxAddress.Create("jane@example.org", "Jane");

    public static OutgoingMail Draft(
        string? subject = "Hello",
        string? text = "Hi",
        string? html = null,
        MailboxAddress? from = null,
        MailboxAddress? sender = null,
        IReadOnlyList<MailboxAddress>? to = null,
        IReadOnlyList<MailboxAddress>? cc = null,
        IReadOnlyList<MailboxAddress>? replyTo = null,
        IReadOnlyList<MailHeader>? headers = null,
        IReadOnlyList<Attachment>? attachments = null,
        string messageId = MessageId,
        DateTimeOffset? date = null) => new()
        {
            From = from ?? Jane,
            Sender = sender,
            To = to ?? [MailboxAddress.Create("joe@example.com")],
            Cc = cc ?? [],
            ReplyTo = replyTo ?? [],
            Subject = subject,
            Text = text,
            Html = html,
            Headers = headers ?? [],
            Attachments = attachments ?? [],
            MessageId = messageId,
            Date = date ?? Date,
        };

    public static Attachment File(string name = "a.bin", byte[]? content = null, string? type = null, string? id = null) =>
        new() { FileName = name, Content = content ?? [1, 2, 3], ContentType = type, ContentId = id };

    /// <summary>The octets as text, one character an octet.</summary>
    public static string Compose(OutgoingMail mail, ComposeOptions options = default)
    {
        using var message = MessageComposer.Compose(mail, options);
        return Encoding.Latin1.GetString(message.Bytes.Span);
    }

    /// <summary>The lines of one header, with their line ends as <c>\r\n</c> but the last.</summary>
    public static string Header(OutgoingMail mail, string name)
    {
        var message = Compose(mail);
        var start = message.IndexOf($"\r\n{name}:", StringComparison.Ordinal) + 2;
        start.ShouldBeGreaterThan(1);
        var end = start;
        do
        {
            end = message.IndexOf("\r\n", end + 1, StringComparison.Ordinal);
        }
        while (message[end + 2] is ' ' or '\t');
        return message[start..end];
    }

    public static string Body(string message) => message[(message.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
