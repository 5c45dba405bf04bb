using System.Text;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

public sealed class BodyEncodingTests
{
    private static readonly string s_umlauts = string.Concat(Enumerable.Repeat("Grüße aus dem schönen Köln am Rhein. ", 2)).Trim();

    [Theory]
    [InlineData("", "7bit", "")]
    [InlineData("Hi", "7bit", "Hi\r\n")]
    [InlineData("a\rb\nc\r\nd", "7bit", "a\r\nb\r\nc\r\nd\r\n")]
    [InlineData("\n\r", "7bit", "\r\n\r\n")]
    [InlineData("a\r\r\nb", "7bit", "a\r\n\r\nb\r\n")]
    [InlineData(".\n.\n..", "7bit", ".\r\n.\r\n..\r\n")]
    [InlineData("From here", "quoted-printable", "=46rom here\r\n")]
    [InlineData("x\nFrom here\n.\n..x", "quoted-printable", "x\r\n=46rom here\r\n=2E\r\n=2E.x\r\n")]
    [InlineData("a far From here", "7bit", "a far From here\r\n")]
    [InlineData("--=_x\nend = \nend\t", "quoted-printable", "--=3D_x\r\nend =3D=20\r\nend=09\r\n")]
    [InlineData("Grüße an alle im Haus", "quoted-printable", "Gr=C3=BC=C3=9Fe an alle im Haus\r\n")]
    [InlineData("日本語のメール", "base64", "5pel5pys6Kqe44Gu44Oh44O844Or\r\n")]
    [InlineData("a\0b\n", "base64", "YQBiDQo=\r\n")]
    public void A_body_is_written_as(string text, string encoding, string body)
    {
        var message = Compose(Draft(text: text));
        message.ShouldContain($"\r\nContent-Transfer-Encoding: {encoding}\r\n");
        Body(message).ShouldBe(body);
    }

    [Theory]
    [InlineData(998, "7bit")]
    [InlineData(999, "quoted-printable")]
    public void A_line_of_998_goes_as_it_is_and_a_longer_one_is_broken(int length, string encoding)
    {
        var message = Compose(Draft(text: "short\n" + new string('x', length) + "\nshort"));
        message.ShouldContain($"\r\nContent-Transfer-Encoding: {encoding}\r\n");
        message.Split("\r\n").Max(l => l.Length).ShouldBe(length == 998 ? 998 : 76);
    }

    [Theory]
    [InlineData(76, 0)]
    [InlineData(77, 1)]
    [InlineData(151, 1)]
    [InlineData(152, 2)]
    public void A_quoted_printable_line_is_broken_only_past_76(int length, int softBreaks)
    {
        // The second line asks for the encoding.
        var body = Body(Compose(Draft(text: new string('x', length) + "\nüx")));
        body.Split("=\r\n").Length.ShouldBe(softBreaks + 1);
        body.Split("\r\n").ShouldAllBe(line => line.Length <= 76);
    }

    [Fact]
    public void A_dot_or_From_that_a_soft_break_moves_to_the_start_of_a_line_is_encoded()
    {
        var dot = Body(Compose(Draft(text: new string('x', 75) + ". and ü" + new string('x', 80))));
        dot.ShouldContain("=\r\n=2E and");
        var from = Body(Compose(Draft(text: new string('x', 75) + "From me and ü" + new string('x', 80))));
        from.ShouldContain("=\r\n=46rom me");
    }

    [Fact]
    public void Raw_UTF8_goes_out_only_where_allowed()
    {
        var mail = Draft(text: s_umlauts, html: "<p>plain</p>");
        using var encoded = MessageComposer.Compose(mail);
        encoded.Has8Bit.ShouldBeFalse();
        Ascii.IsValid(encoded.Bytes.Span).ShouldBeTrue();

        using var raw = MessageComposer.Compose(mail, new ComposeOptions { Allow8Bit = true });
        raw.Has8Bit.ShouldBeTrue();
        raw.NeedsSmtpUtf8.ShouldBeFalse();
        var text = Encoding.UTF8.GetString(raw.Bytes.Span);
        text.ShouldContain(s_umlauts);
        text.Split("Content-Transfer-Encoding: 8bit").Length.ShouldBe(3); // the multipart and its text
    }

    [Theory]
    [InlineData("plain ASCII")]
    [InlineData("ü\0")]
    [InlineData("ü\nFrom me")]
    public void What_need_not_or_may_not_be_raw_stays_7_bit(string text)
    {
        using var message = MessageComposer.Compose(Draft(text: text), new ComposeOptions { Allow8Bit = true });
        message.Has8Bit.ShouldBeFalse();
        Ascii.IsValid(message.Bytes.Span).ShouldBeTrue();
    }

    [Fact]
    public void A_raw_line_is_measured_in_octets()
    {
        Has8Bit(new string('ü', 499)).ShouldBeTrue();
        Has8Bit(new string('ü', 500)).ShouldBeFalse();

        static bool Has8Bit(string text)
        {
            using var message = MessageComposer.Compose(Draft(text: text), new ComposeOptions { Allow8Bit = true });
            return message.Has8Bit;
        }
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_body_becomes_the_replacement_character() =>
        Body(Compose(Draft(text: "a\ud83d and much more text"))).ShouldBe("a=EF=BF=BD and much more text\r\n");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(56)]
    [InlineData(57)]
    [InlineData(58)]
    [InlineData(114)]
    [InlineData(100_000)]
    public void An_attachment_is_base64_in_lines_of_76(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        var body = Body(Compose(Draft(text: null, attachments: [File(content: content)])));
        var start = body.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var lines = body[start..body.LastIndexOf("\r\n--=_m_", StringComparison.Ordinal)].Split("\r\n");
        lines[..^1].ShouldAllBe(line => line.Length == 76);
        lines[^1].Length.ShouldBeInRange(length == 0 ? 0 : 4, 76);
        Convert.FromBase64String(string.Concat(lines)).ShouldBe(content);
    }
}
