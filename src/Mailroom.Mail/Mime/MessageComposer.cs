namespace Mailroom.Mail.Mime;

/// <summary>
/// Writes a mail as an RFC 5322 message, once, straight into octets. The same mail gives the same octets on every call.
/// </summary>
/// <remarks>
/// Structure, each level only where it is needed: <c>mixed(related(alternative(text, html), inline…), attachment…)</c>. Line ends are CRLF
/// only; header lines are folded to 78 octets, and no line passes 998. A mail without text and HTML but with attachments holds just those.
/// </remarks>
public static class MessageComposer
{
    /// <summary>Composes the mail into a pooled array; the caller disposes the result.</summary>
    /// <exception cref="MailFormatException">A field holds what no message can carry (CR, LF, NUL, a reserved header, …), or there is too much of it.</exception>
    public static ComposedMessage Compose(OutgoingMail mail, ComposeOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(mail);
        MailCheck.Check(mail);
        var parts = new PartTree(mail, options.Allow8Bit);
        try
        {
            var buffer = new MessageBuffer(EstimateSize(mail));
            try
            {
                MessageHeaders.Write(buffer, mail);
                parts.Write(buffer);
                var needsSmtpUtf8 = NeedsSmtpUtf8(mail);
                return buffer.ToMessage(parts.Has8Bit || needsSmtpUtf8, needsSmtpUtf8);
            }
            finally
            {
                buffer.Release();
            }
        }
        finally
        {
            parts.Dispose();
        }
    }

    /// <summary>Close to the size for ASCII bodies, so that the ordinary mail never grows its buffer.</summary>
    private static int EstimateSize(OutgoingMail mail)
    {
        const int headers = 1024;
        var size = headers + Padded(mail.Text) + Padded(mail.Html) + (64L * (mail.To.Count + mail.Cc.Count)) + (128L * mail.Headers.Count);
        for (var i = 0; i < mail.Attachments.Count; i++)
        {
            size += 512 + Base64Lines.EncodedLength(mail.Attachments[i].Content.Length);
        }

        return (int)Math.Min(size, ComposeLimits.MaxMessageBytes);
    }

    /// <summary>The length and room for line ends that gain a CR or a soft break.</summary>
    private static long Padded(string? text) => text is null ? 0 : text.Length + (text.Length / 16);

    private static bool NeedsSmtpUtf8(OutgoingMail mail) =>
        mail.From.NeedsSmtpUtf8 || mail.Sender is { NeedsSmtpUtf8: true } || Any(mail.To) || Any(mail.Cc) || Any(mail.ReplyTo);

    private static bool Any(IReadOnlyList<MailboxAddress> mailboxes)
    {
        for (var i = 0; i < mailboxes.Count; i++)
        {
            if (mailboxes[i].NeedsSmtpUtf8)
            {
                return true;
            }
        }

        return false;
    }
}
