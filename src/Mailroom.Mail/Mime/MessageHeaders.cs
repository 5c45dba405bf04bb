namespace Mailroom.Mail.Mime;

/// <summary>Writes the header of the message, all but the Content-* fields (RFC 5322 3.6).</summary>
internal static class MessageHeaders
{
    private static ReadOnlySpan<byte> Days => "SunMonTueWedThuFriSat"u8;

    private static ReadOnlySpan<byte> Months => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    public static void Write(MessageBuffer buffer, OutgoingMail mail)
    {
        WriteDate(buffer, mail.Date);
        AddressHeader.Write(buffer, "From", mail.From);
        if (mail.Sender is { } sender && sender.Address != mail.From.Address)
        {
            AddressHeader.Write(buffer, "Sender", sender);
        }

        WriteIfAny(buffer, "Reply-To", mail.ReplyTo);
        WriteIfAny(buffer, "To", mail.To);
        WriteIfAny(buffer, "Cc", mail.Cc);
        if (mail.To.Count == 0 && mail.Cc.Count == 0)
        {
            // A header without any recipient is legal (RFC 5322 3.6), and widely taken for a sign of spam.
            buffer.Write("To: undisclosed-recipients:;\r\n"u8);
        }

        WriteMessageId(buffer, mail.MessageId);
        if (mail.Subject is { } subject)
        {
            HeaderText.WriteText(buffer, "Subject", subject);
        }

        WriteExtra(buffer, mail.Headers);
        buffer.Write("MIME-Version: 1.0\r\n"u8);
    }

    private static void WriteIfAny(MessageBuffer buffer, ReadOnlySpan<char> name, IReadOnlyList<MailboxAddress> mailboxes)
    {
        if (mailboxes.Count > 0)
        {
            AddressHeader.Write(buffer, name, mailboxes);
        }
    }

    private static void WriteExtra(MessageBuffer buffer, IReadOnlyList<MailHeader> headers)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, value) = headers[i];
            if (HeaderRules.IsStructured(name))
            {
                HeaderText.WriteStructured(buffer, name, value);
            }
            else
            {
                HeaderText.WriteText(buffer, name, value);
            }
        }
    }

    private static void WriteMessageId(MessageBuffer buffer, string messageId)
    {
        buffer.Write("Message-ID: <"u8);
        buffer.WriteAscii(AttachmentRules.WithoutBrackets(messageId));
        buffer.Write(">\r\n"u8);
    }

    /// <summary>RFC 5322 3.3: <c>Sat, 21 Nov 2026 23:53:52 +0000</c>.</summary>
    private static void WriteDate(MessageBuffer buffer, DateTimeOffset date)
    {
        buffer.Write("Date: "u8);
        buffer.Write(Days.Slice(3 * (int)date.DayOfWeek, 3));
        buffer.Write(", "u8);
        WriteDigits(buffer, date.Day, 2);
        buffer.WriteByte((byte)' ');
        buffer.Write(Months.Slice(3 * (date.Month - 1), 3));
        buffer.WriteByte((byte)' ');
        WriteDigits(buffer, date.Year, 4);
        buffer.WriteByte((byte)' ');
        WriteDigits(buffer, date.Hour, 2);
        buffer.WriteByte((byte)':');
        WriteDigits(buffer, date.Minute, 2);
        buffer.WriteByte((byte)':');
        WriteDigits(buffer, date.Second, 2);
        var offset = date.TotalOffsetMinutes;
        buffer.Write(offset < 0 ? " -"u8 : " +"u8);
        WriteDigits(buffer, Math.Abs(offset) / 60, 2);
        WriteDigits(buffer, Math.Abs(offset) % 60, 2);
        buffer.Write("\r\n"u8);
    }

    private static void WriteDigits(MessageBuffer buffer, int value, int digits)
    {
        var target = buffer.GetSpan(digits);
        for (var i = digits - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        buffer.Advance(digits);
    }
}
