using FsCheck;
using FsCheck.Fluent;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

/// <summary>Mails drawn at random, with what tends to break composers drawn often.</summary>
internal static class GeneratedMail
{
    private static readonly Gen<string> s_word = Gen.Frequency(
        (8, Gen.Elements("order", "Re:", "a", "Mailroom", "<b>", "x@y.z", "\"quoted\"", "(comment)", "50%", "a=b", "\\", "'", ";", ",")),
        (4, Gen.Elements("ü", "Grüße", "日本語", "😀", "e\u0301", "\u00a0", "\u2028", "שלום", "👩‍👩‍👧", "№", "ﬀ", "\ufeff")),
        (2, Gen.Elements("=?", "?=", "=?utf-8?Q?x?=", "=?utf-8?B?", "=3D", "=", "=\u00fc?=")),
        (2, Characters('!', '~', 1, 30)),
        (1, Gen.Choose(60, 1100).Select(n => new string('w', n))),
        (1, Gen.Choose(20, 300).Select(n => string.Concat(Enumerable.Repeat("長", n)))));

    private static readonly Gen<string> s_blanks = Gen.Frequency(
        (10, Gen.Constant(" ")), (1, Gen.Constant("  ")), (1, Gen.Constant("\t")), (1, Gen.Choose(1, 90).Select(n => new string(' ', n))), (1, Gen.Constant("")));

    /// <summary>One line of words and blanks, which may begin and end with blanks.</summary>
    public static readonly Gen<string> Line =
        from count in Gen.Choose(0, 14)
        from words in s_word.ListOf(count)
        from blanks in s_blanks.ListOf(count + 1)
        select string.Concat(words.Select((w, i) => (i == 0 && blanks[0].Length < 2 ? "" : blanks[i]) + w)) + (blanks[^1].Length < 2 ? "" : blanks[^1]);

    public static readonly Gen<string> Subject = Line.Select(s => s.Length <= ComposeLimits.MaxSubjectLength ? s : s[..4000].TrimEnd('\ud83d', '\ud83c'));

    public static readonly Gen<string> Body =
        from count in Gen.Choose(0, 20)
        from lines in Gen.Frequency(
            (8, Line),
            (2, Gen.Elements(".", "..", "From me", "From ", "--", "--=_m_", "trailing ", "tab\t", "=", "\u001a", "\u007f", "\u0000", ""))).ListOf(count)
        from ends in Gen.Frequency((8, Gen.Constant("\r\n")), (2, Gen.Elements("\n", "\r", "\n\r", "\r\r\n", ""))).ListOf(count)
        select string.Concat(lines.Zip(ends, (line, end) => line + end));

    public static readonly Gen<string?> Name =
        Maybe(Line.Select(n => n.Replace('\t', ' ')).Select(n => n.Length > MailboxAddress.MaxNameLength ? "Jane" : n));

    public static readonly Gen<string> FileName =
        from words in s_word.NonEmptyListOf()
        let name = string.Join(' ', words) + ".bin"
        select name.Length > ComposeLimits.MaxParameterLength ? "ü" + new string('f', 200) + ".bin" : name;

    private static readonly Gen<string> s_address =
        from local in Gen.Frequency((6, Characters('a', 'z', 1, 20)), (1, Gen.Elements("a.b+c", "\"a b\"", "\"a@b\"", "!#$%&'*+-/=?^_`{|}~")))
        from domain in Gen.Elements("example.org", "example.com", "a.b.c.example", "münchen.example", "localhost")
        select $"{local}@{domain}";

    private static readonly Gen<MailboxAddress> s_mailbox =
        from address in s_address
        from name in Name
        select MailboxAddress.Create(address, name);

    /// <summary>Names short enough for an encoded word beside them: where the value begins on the next line, Python keeps the fold's blank.</summary>
    private static readonly Gen<MailHeader> s_header = Gen.Frequency(
        (4, from name in Characters('a', 'z', 1, 45) from value in Line select new MailHeader("X-" + name, value)),
        (1, from ids in Characters('a', 'z', 1, 60).NonEmptyListOf() select new MailHeader("References", string.Join(' ', ids.Select(i => $"<{i}@example.org>")))));

    private static readonly Gen<Attachment> s_attachment =
        from name in FileName
        from content in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf()
        from type in Gen.Elements<string?>(null, "image/png", "text/plain; charset=utf-8", "application/pdf")
        from isInline in Gen.Elements(true, false)
        select new Attachment { FileName = name, Content = content, ContentType = type, ContentId = isInline ? Guid.NewGuid().ToString("N") : null };

    public static readonly Gen<OutgoingMail> Mail =
        from subject in Maybe(Subject)
        from text in Maybe(Body)
        from html in Maybe(Body)
        from sender in s_mailbox
        from mailFrom in s_mailbox
        from to in Few(s_mailbox, 4)
        from cc in Few(s_mailbox, 2)
        from replyTo in Few(s_mailbox, 2)
        from headers in Few(s_header, 4)
        from attachments in Few(s_attachment, 3)
        from offset in Gen.Choose(-14 * 60, 14 * 60)
        from seconds in Gen.Choose(0, int.MaxValue)
        select Draft(
            subject, text, html, mailFrom, sender, to, cc, replyTo,
            [.. headers.DistinctBy(h => h.Name)], [.. attachments], MessageId,
            DateTimeOffset.FromUnixTimeSeconds(seconds).ToOffset(TimeSpan.FromMinutes(offset)));

    private static Gen<string?> Maybe(Gen<string> text) => Gen.Frequency((7, text.Select(t => (string?)t)), (1, Gen.Constant<string?>(null)));

    private static Gen<IReadOnlyList<T>> Few<T>(Gen<T> item, int most) =>
        from count in Gen.Choose(0, most)
        from items in item.ListOf(count)
        select (IReadOnlyList<T>)[.. items];

    private static Gen<string> Characters(char first, char last, int least, int most) =>
        from count in Gen.Choose(least, most)
        from codes in Gen.Choose(first, last).ListOf(count)
        select string.Concat(codes.Select(c => (char)c));
}
