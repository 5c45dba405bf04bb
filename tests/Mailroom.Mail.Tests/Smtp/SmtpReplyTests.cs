using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpReplyTests
{
    [Theory]
    [InlineData("550 5.1.1 unknown\r\n", 550, "5.1.1 unknown", "5.1.1")]
    [InlineData("550-5.7.1 first\r\n550 5.7.1 second\r\n", 550, "5.7.1 first\n5.7.1 second", "5.7.1")]
    [InlineData("250\r\n", 250, "", null)]
    [InlineData("250 \r\n", 250, "", null)]
    [InlineData("550 4.1.1 other class\r\n", 550, "4.1.1 other class", null)]
    [InlineData("220 2.3.4.5 an address\r\n", 220, "2.3.4.5 an address", null)]
    [InlineData("250 2.1234.0 too long\r\n", 250, "2.1234.0 too long", null)]
    [InlineData("451 4.7.500\r\n", 451, "4.7.500", "4.7.500")]
    [InlineData("250 a\tb\u001b[31mc\r\n", 250, "a b\uFFFD[31mc", null)]
    [InlineData("250 \u00c3\u00a9 \u00ff\r\n", 250, "\u00e9 \uFFFD", null)]
    public void A_reply_is_read(string wire, int code, string text, string? enhanced)
    {
        var octets = Encoding.Latin1.GetBytes(wire);
        new ReplyScanner().Scan(octets, out var length, out _).ShouldBe(ReplyScanner.Found.Whole);
        length.ShouldBe(octets.Length);
        var reply = SmtpReply.FromWire(octets);
        reply.Code.ShouldBe(code);
        reply.Text.ShouldBe(text);
        reply.EnhancedCode?.ToString().ShouldBe(enhanced);
    }

    [Fact]
    public void The_kept_text_is_bounded()
    {
        var wire = string.Concat(Enumerable.Repeat("250-" + new string('x', 600) + "\r\n", 99)) + "250 end\r\n";
        var reply = SmtpReply.FromWire(Encoding.Latin1.GetBytes(wire));
        reply.Text.Length.ShouldBe(SmtpReply.MaxTextLength);
        reply.Text.ShouldEndWith("…");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_kept_text_never_ends_in_half_a_character(int offset)
    {
        var wire = "250 " + new string('x', offset) + string.Concat(Enumerable.Repeat("\U0001F4E7", 2100)) + "\r\n";
        var text = SmtpReply.FromWire(Encoding.UTF8.GetBytes(wire)).Text;
        text.Length.ShouldBeInRange(SmtpReply.MaxTextLength - 1, SmtpReply.MaxTextLength);
        Should.NotThrow(() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text));
    }

    [Fact]
    public void A_reply_cut_anywhere_is_found_at_the_same_place_as_the_whole() =>
        Prop.ForAll(
            Gen.ArrayOf(Gen.Elements("250-a\r\n", "250 b\r\n", "250-\n", "550 c\r\n", "250", "\r", "\n", "-", " ", "x")).Select(string.Concat).ToArbitrary(),
            wire =>
            {
                var octets = Encoding.Latin1.GetBytes(wire);
                var whole = new ReplyScanner().Scan(octets, out var wholeLength, out _);
                var grown = new ReplyScanner();
                for (var seen = 0; seen <= octets.Length; seen++)
                {
                    var found = grown.Scan(octets.AsSpan(0, seen), out var length, out _);
                    if (found != ReplyScanner.Found.Part)
                    {
                        return found == whole && length == wholeLength;
                    }
                }
                return whole == ReplyScanner.Found.Part;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void No_octets_make_the_scanner_fail_otherwise_than_by_a_fault() =>
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 255).Select(i => (byte)i)).ToArbitrary(), octets =>
        {
            var found = new ReplyScanner().Scan(octets, out var length, out var fault);
            return (fault is not null) == (found == ReplyScanner.Found.Fault)
                && (found != ReplyScanner.Found.Whole || SmtpReply.FromWire(octets.AsSpan(0, length)).Code is >= 200 and <= 599);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Theory]
    [InlineData("250-t\r\n250-SIZE\r\n250 PIPELINING\r\n", true, 0L, true)]
    [InlineData("250-t\r\n250-SIZE 0\r\n250 X\r\n", true, 0L, false)]
    [InlineData("250-t\r\n250-size 42\r\n250-\r\n250 pipelining \r\n", true, 42L, true)]
    [InlineData("250-t\r\n250 SIZE 99999999999999999999\r\n", true, 0L, false)]
    [InlineData("250-t\r\n250 SIZE -5\r\n", true, 0L, false)]
    [InlineData("250-t\r\n250 SIZEABLE\r\n", false, 0L, false)]
    [InlineData("250 PIPELINING\r\n", false, 0L, false)]
    public void Capabilities_are_read_from_the_lines_after_the_first(string wire, bool size, long maxSize, bool pipelining)
    {
        var offered = SmtpCapabilities.Parse(Encoding.Latin1.GetBytes(wire));
        offered.Size.ShouldBe(size);
        offered.MaxSize.ShouldBe(maxSize);
        offered.Pipelining.ShouldBe(pipelining);
    }

    [Theory]
    [InlineData("250-t\r\n250 AUTH PLAIN  login cram-md5 X\r\n")]
    [InlineData("250-t\r\n250-AUTH=PLAIN LOGIN\r\n250 AUTH CRAM-MD5\r\n")]
    public void Mechanisms_are_read_in_both_forms(string wire) =>
        SmtpCapabilities.Parse(Encoding.Latin1.GetBytes(wire)).Auth
            .ShouldBe(SmtpAuthMechanisms.Plain | SmtpAuthMechanisms.Login | SmtpAuthMechanisms.CramMd5);
}
