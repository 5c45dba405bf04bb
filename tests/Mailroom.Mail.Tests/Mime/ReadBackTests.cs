using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

/// <summary>What was put in is what an independent reader gets out.</summary>
public sealed class ReadBackTests(ReferenceParser reference) : IClassFixture<ReferenceParser>
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(800).WithEndSize(60);

    [Fact]
    public void Every_subject_reads_back() => Holds(GeneratedMail.Subject, subject =>
    {
        var mail = Read(Draft(subject: subject));
        mail.Header("Subject").ShouldBe(subject);
    });

    [Fact]
    public void Every_display_name_reads_back() => Holds(GeneratedMail.Name, name =>
    {
        var mailbox = MailboxAddress.Create("a@b.c", name);
        var mail = Read(Draft(from: mailbox, to: [mailbox, mailbox], cc: [mailbox]));
        ReadAddress expected = new(mailbox.Name ?? "", "a@b.c");
        mail.From.ShouldBe([expected]);
        mail.To.ShouldBe([expected, expected]);
        mail.Cc.ShouldBe([expected]);
    });

    [Fact]
    public void Every_file_name_reads_back() => Holds(GeneratedMail.FileName, name =>
    {
        var mail = Read(Draft(attachments: [File(name)]));
        mail.Root.Parts[1].FileName.ShouldBe(name);
    });

    [Fact]
    public void Every_body_reads_back() => Holds(GeneratedMail.Body, body =>
    {
        var both = Read(Draft(text: body, html: body)).Root;
        both.Parts.Select(p => p.Text).ShouldBe([Canonical(body), Canonical(body)]);

        foreach (var allow8Bit in (bool[])[false, true])
        {
            Read(Draft(text: body), new ComposeOptions { Allow8Bit = allow8Bit }).Root.Text.ShouldBeOneOf(Canonical(body), Canonical(body) + "\r\n");
        }
    });

    [Fact]
    public void Every_whole_mail_reads_back() => Holds(GeneratedMail.Mail, mail =>
    {
        using var message = MessageComposer.Compose(mail);
        ShouldBeWellFormed(message);
        var read = reference.Read(message.Bytes);
        read.Defects.ShouldBeEmpty();
        read.Header("Subject").ShouldBe(mail.Subject);
        read.Header("Message-ID").ShouldBe($"<{MessageId}>");
        read.Header("MIME-Version").ShouldBe("1.0");
        read.Header("Bcc").ShouldBeNull();
        read.Date.ShouldBe(mail.Date);
        read.Date.Offset.ShouldBe(mail.Date.Offset);
        read.From.ShouldBe(Expected([mail.From]));
        read.Sender.ShouldBe(mail.Sender!.Address == mail.From.Address ? [] : Expected([mail.Sender]));
        read.To.ShouldBe(Expected(mail.To));
        read.Cc.ShouldBe(Expected(mail.Cc));
        read.ReplyTo.ShouldBe(Expected(mail.ReplyTo));
        foreach (var header in mail.Headers)
        {
            read.Header(header.Name).ShouldBe(header.Value);
        }

        ShouldHold(read.Root, mail);
        using var again = MessageComposer.Compose(mail);
        again.Bytes.Span.SequenceEqual(message.Bytes.Span).ShouldBeTrue();
    });

    private static void ShouldHold(ReadPart root, OutgoingMail mail)
    {
        var leaves = Leaves(root).ToList();
        var attachments = leaves.Where(l => l.Disposition is not null).ToList();
        var inline = mail.Html is null ? [] : mail.Attachments.Where(a => a.ContentId is not null).ToList();
        var expected = inline.Concat(mail.Attachments.Except(inline)).ToList();
        attachments.Count.ShouldBe(expected.Count);
        foreach (var (read, given) in attachments.Zip(expected))
        {
            read.Disposition.ShouldBe(inline.Contains(given) ? "inline" : "attachment");
            read.FileName.ShouldBe(given.FileName);
            read.Content.ShouldBe(given.Content.ToArray());
            read.ContentId.ShouldBe(given.ContentId is null ? null : $"<{given.ContentId}>");
            read.Type.ShouldBe(given.ContentType?.Split(';')[0] ?? "application/octet-stream");
        }

        var bodies = leaves.Except(attachments).ToList();
        var isAlone = root.Parts.Count == 0;
        var texts = new[] { ("text/plain", mail.Text), ("text/html", mail.Html) }.Where(b => b.Item2 is not null).ToList();
        if (texts.Count == 0)
        {
            bodies.ShouldAllBe(b => isAlone && b.Text == "");
            return;
        }

        bodies.Select(b => b.Type).ShouldBe(texts.Select(t => t.Item1));
        bodies.ShouldAllBe(b => b.Charset == "utf-8");
        foreach (var (body, (_, text)) in bodies.Zip(texts))
        {
            var canonical = Canonical(text!);
            var mayGainLineEnd = isAlone && body.Encoding != "base64" && canonical.Length > 0 && !canonical.EndsWith("\r\n", StringComparison.Ordinal);
            body.Text.ShouldBe(mayGainLineEnd ? canonical + "\r\n" : canonical);
        }
    }

    /// <summary>What holds of every message on the wire, whatever is in it.</summary>
    private static void ShouldBeWellFormed(ComposedMessage message)
    {
        var octets = message.Bytes.Span;
        Ascii.IsValid(octets).ShouldBeTrue();
        octets.Contains((byte)0).ShouldBeFalse();
        octets.EndsWith("\r\n"u8).ShouldBeTrue();
        var text = Encoding.ASCII.GetString(octets);
        var lines = text.Split("\r\n");
        lines.ShouldAllBe(line => line.Length <= 998 && !line.Contains('\r') && !line.Contains('\n'));

        // Folding leaves a header line longer than 78 only where one word is.
        var header = text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
        header.ShouldAllBe(line => line.Length <= 78 || line.TrimStart().LastIndexOf(' ') <= Math.Max(line.IndexOf(": ", StringComparison.Ordinal) + 1, 0));
        header.ShouldAllBe(line => !string.IsNullOrWhiteSpace(line));
    }

    private ReadMail Read(OutgoingMail mail, ComposeOptions options = default)
    {
        using var message = MessageComposer.Compose(mail, options);
        var read = reference.Read(message.Bytes);
        read.Defects.ShouldBeEmpty();
        return read;
    }

    private static IEnumerable<ReadPart> Leaves(ReadPart part) => part.Parts.Count == 0 ? [part] : part.Parts.SelectMany(Leaves);

    private static List<ReadAddress> Expected(IReadOnlyList<MailboxAddress> mailboxes) =>
        [.. mailboxes.Select(m => new ReadAddress(m.Name ?? "", m.EnvelopeAddress))];

    private static string Canonical(string text) => text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\r\n");

    private static void Holds<T>(Gen<T> values, Action<T> property) => Prop.ForAll(values.ToArbitrary(), property).Check(s_config);
}
