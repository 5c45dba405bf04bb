using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>Writes a header of mailboxes (RFC 5322 3.6.2, 3.6.3), folded between them and, where one is too long, in front of its angle bracket.</summary>
internal static class AddressHeader
{
    /// <summary>A quoted name longer than this becomes encoded words, which can be folded.</summary>
    private const int MaxUnfoldedName = 64;

    /// <summary>A line with an encoded word is held to 76 (RFC 2047 2), so all of these are.</summary>
    private const int Line = 76;

    public static void Write(MessageBuffer buffer, ReadOnlySpan<char> name, MailboxAddress mailbox)
    {
        HeaderText.WriteName(buffer, name);
        WriteMailbox(buffer, mailbox, isFirst: true, isLast: true);
        buffer.EndLine();
    }

    public static void Write(MessageBuffer buffer, ReadOnlySpan<char> name, IReadOnlyList<MailboxAddress> mailboxes)
    {
        HeaderText.WriteName(buffer, name);
        for (var i = 0; i < mailboxes.Count; i++)
        {
            WriteMailbox(buffer, mailboxes[i], isFirst: i == 0, isLast: i == mailboxes.Count - 1);
        }

        buffer.EndLine();
    }

    private static void WriteMailbox(MessageBuffer buffer, MailboxAddress mailbox, bool isFirst, bool isLast)
    {
        var address = mailbox.EnvelopeAddress;
        var addressLength = mailbox.NeedsSmtpUtf8 ? Encoding.UTF8.GetByteCount(address) : address.Length;
        if (mailbox.Name is { } name)
        {
            WriteName(buffer, name, addressLength + 3, isFirst);
            FoldUnlessFits(buffer, addressLength + 4, canFold: true);
            buffer.Write(" <"u8);
            buffer.WriteUtf8(address);
            buffer.WriteByte((byte)'>');
        }
        else
        {
            FoldUnlessFits(buffer, addressLength + 2, canFold: !isFirst);
            buffer.WriteByte((byte)' ');
            buffer.WriteUtf8(address);
        }

        if (!isLast)
        {
            buffer.WriteByte((byte)',');
        }
    }

    private static void WriteName(MessageBuffer buffer, string name, int addressLength, bool isFirst)
    {
        if (name.Length > MaxUnfoldedName || name.AsSpan().ContainsAnyExcept(TextRules.PrintableOrTab) || name.Contains("=?", StringComparison.Ordinal))
        {
            EncodedWords.Write(buffer, " ", name);
            return;
        }

        var atoms = !name.AsSpan().ContainsAnyExcept(TextRules.AtextOrBlank) && !name.Contains("  ", StringComparison.Ordinal);
        FoldUnlessFits(buffer, name.Length + 3 + addressLength, canFold: !isFirst);
        buffer.WriteByte((byte)' ');
        if (atoms)
        {
            buffer.WriteAscii(name);
        }
        else
        {
            WriteQuoted(buffer, name);
        }
    }

    private static void WriteQuoted(MessageBuffer buffer, string name)
    {
        buffer.WriteByte((byte)'"');
        foreach (var c in name)
        {
            if (c is '"' or '\\')
            {
                buffer.WriteByte((byte)'\\');
            }

            buffer.WriteByte((byte)c);
        }

        buffer.WriteByte((byte)'"');
    }

    private static void FoldUnlessFits(MessageBuffer buffer, int length, bool canFold)
    {
        if (canFold && buffer.Column + length > Line)
        {
            buffer.EndLine();
        }
    }
}
