using System.Text;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

public sealed class StructureTests(ReferenceParser reference) : IClassFixture<ReferenceParser>
{
    private static readonly Attachment s_file = File("a.pdf");
    private static readonly Attachment s_image = File("a.png", id: "logo");

    public static TheoryData<string, string?, string?, Attachment[]> Shapes => new()
    {
        { "plain", null, null, [] },
        { "plain", "t", null, [] },
        { "html", null, "h", [] },
        { "alternative(plain,html)", "t", "h", [] },
        { "mixed(plain,pdf)", "t", null, [s_file] },
        { "mixed(html,pdf)", null, "h", [s_file] },
        { "mixed(pdf)", null, null, [s_file] },
        { "mixed(pdf,png)", null, null, [s_file, s_image] },
        { "mixed(plain,png)", "t", null, [s_image] },
        { "related(html,png)", null, "h", [s_image] },
        { "related(alternative(plain,html),png)", "t", "h", [s_image] },
        { "mixed(alternative(plain,html),pdf)", "t", "h", [s_file] },
        { "mixed(related(alternative(plain,html),png),pdf,pdf)", "t", "h", [s_file, s_image, s_file] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_mail_nests_no_deeper_than_it_needs(string shape, string? text, string? html, Attachment[] attachments)
    {
        using var message = MessageComposer.Compose(Draft(text: text, html: html, attachments: attachments));
        var mail = reference.Read(message.Bytes);
        mail.Defects.ShouldBeEmpty();
        mail.Root.Shape.ShouldBe(shape);
    }

    [Fact]
    public void The_simplest_mail_is_written_exactly_so() => Compose(Draft(text: "Hi\nthere")).ShouldBe(
        """
        Date: Sat, 21 Nov 2026 09:05:07 +0000
        From: Jane <jane@example.org>
        To: joe@example.com
        Message-ID: <d-1@example.org>
        Subject: Hello
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 7bit

        Hi
        there

        """.ReplaceLineEndings("\r\n"));

    [Fact]
    public void A_mail_of_every_part_is_written_exactly_so()
    {
        var message = Compose(Draft(text: "Hi\r\n", html: "<img src=cid:logo>", attachments: [File("a.pdf"), File("logo ü.png", type: "image/png; x=y", id: "logo")]));
        Body(message).Replace("1a09cb72da5aca6b", "TOKEN", StringComparison.Ordinal).ShouldBe(
            """
            --=_m_TOKEN
            Content-Type: multipart/related; boundary="=_r_TOKEN";
             type="multipart/alternative"

            --=_r_TOKEN
            Content-Type: multipart/alternative; boundary="=_a_TOKEN"

            --=_a_TOKEN
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            Hi

            --=_a_TOKEN
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: 7bit

            <img src=cid:logo>
            --=_a_TOKEN--
            --=_r_TOKEN
            Content-Type: image/png; x=y; name="logo _.png"
            Content-Transfer-Encoding: base64
            Content-Disposition: inline; filename*=utf-8''logo%20%C3%BC.png
            Content-ID: <logo>

            AQID
            --=_r_TOKEN--
            --=_m_TOKEN
            Content-Type: application/pdf; name="a.pdf"
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename="a.pdf"

            AQID
            --=_m_TOKEN--

            """.ReplaceLineEndings("\r\n"));
    }

    [Fact]
    public void The_same_mail_is_composed_to_the_same_octets_and_another_id_to_other_boundaries()
    {
        var mail = Draft(text: "t", html: "h", attachments: [File()]);
        Compose(mail).ShouldBe(Compose(mail));
        Boundary(mail).ShouldNotBe(Boundary(Draft(text: "t", html: "h", attachments: [File()], messageId: "d-2@example.org")));

        static string Boundary(OutgoingMail mail) => Compose(mail).Split("boundary=\"")[1][..20];
    }

    [Fact]
    public void A_text_that_holds_the_boundary_cannot_end_its_part()
    {
        var boundary = Compose(Draft(text: "t", html: "h")).Split("boundary=\"")[1][..20];
        var text = $"before\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\nevil\r\n--{boundary}--\r\n";
        using var message = MessageComposer.Compose(Draft(text: text, html: "h"));
        var mail = reference.Read(message.Bytes);
        mail.Root.Shape.ShouldBe("alternative(plain,html)");
        mail.Root.Parts[0].Text.ShouldBe(text);
        mail.Root.Parts[0].Encoding.ShouldBe("quoted-printable");
    }

    [Fact]
    public void A_mail_can_be_attached_to_a_mail()
    {
        var inner = Encoding.Latin1.GetBytes(Compose(Draft(subject: "inner", text: "t", html: "h", messageId: "inner@example.org")));
        using var message = MessageComposer.Compose(Draft(attachments: [File("inner.eml", inner)]));
        var mail = reference.Read(message.Bytes);
        mail.Defects.ShouldBeEmpty();
        mail.Root.Shape.ShouldBe("mixed(plain,rfc822(alternative(plain,html)))");
        mail.Root.Parts[1].Encoding.ShouldBe("7bit");
        mail.Root.Parts[1].FileName.ShouldBe("inner.eml");
    }

    [Fact]
    public void An_attached_mail_that_could_break_the_structure_goes_as_octets()
    {
        var sameId = Encoding.Latin1.GetBytes(Compose(Draft(text: "t", html: "h", attachments: [File()])));
        byte[][] contents = [sameId, [.. "Subject: ü\r\n\r\n"u8], [.. "A: b\r\n\r\n\0"u8], Encoding.ASCII.GetBytes("A: b\r\n\r\n" + new string('x', 999))];
        foreach (var content in contents)
        {
            using var message = MessageComposer.Compose(Draft(text: "t", html: "h", attachments: [File("inner.eml", content)]));
            var mail = reference.Read(message.Bytes);
            mail.Defects.ShouldBeEmpty();
            mail.Root.Shape.ShouldBe("mixed(alternative(plain,html),octet-stream)");
            mail.Root.Parts[1].Content.ShouldBe(content);
        }
    }

    [Theory]
    [InlineData("report.pdf", "application/pdf")]
    [InlineData("REPORT.PDF", "application/pdf")]
    [InlineData("a.tar.gz", "application/gzip")]
    [InlineData("noextension", "application/octet-stream")]
    [InlineData("a.unheard-of", "application/octet-stream")]
    public void A_type_not_given_is_told_by_the_file_name(string name, string type)
    {
        using var message = MessageComposer.Compose(Draft(attachments: [File(name)]));
        reference.Read(message.Bytes).Root.Parts[1].Type.ShouldBe(type);
    }

    [Theory]
    [InlineData("text/csv; charset=\"us-ascii\"; header=present", "Content-Type: text/csv; charset=\"us-ascii\"; header=present; name=\"a.bin\"")]
    [InlineData("text/csv;", "Content-Type: text/csv; name=\"a.bin\"")]
    [InlineData("text/csv; name=\"other.txt\"; name*=utf-8''x; NAME*0=y", "Content-Type: text/csv; name=\"a.bin\"")]
    [InlineData("text/csv; named=x", "Content-Type: text/csv; named=x; name=\"a.bin\"")]
    public void Parameters_of_a_type_are_kept_but_for_the_name(string type, string header) =>
        Compose(Draft(attachments: [File(type: type)])).ShouldContain($"\r\n{header}\r\n");

    [Fact]
    public void A_composed_message_can_be_disposed_twice_and_not_used_after()
    {
        var message = MessageComposer.Compose(Draft());
        message.Bytes.Length.ShouldBeGreaterThan(0);
        message.Dispose();
        message.Dispose();
        Should.Throw<ObjectDisposedException>(() => message.Bytes);
    }
}
