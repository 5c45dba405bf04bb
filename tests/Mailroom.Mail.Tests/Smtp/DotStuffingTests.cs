using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Tests.Smtp;

public class DotStuffingTests
{
    /// <summary>Words over the characters that matter, and over enough others to fill vectors.</summary>
    private static readonly Gen<string> Words = Gen.ArrayOf(Gen.Elements("\r", "\n", ".", "\r\n", "\r\n.", "a", "xyzxyzxyzxyzxyzxyzxyzxyzxyzxyz", "\u00e9", "\0"))
        .Select(string.Concat);

    /// <summary>The slow and obvious form: line ends first, dots second.</summary>
    public static string Reference(string message)
    {
        var lines = Regex.Replace(message, "\r\n|\r|\n", "\n").Split('\n');
        var ended = lines[^1].Length == 0 ? lines[..^1] : lines;
        return string.Concat(ended.Select(line => (line.StartsWith('.') ? "." : "") + line + "\r\n"));
    }

    [Fact]
    public void Stuffing_in_pieces_of_any_size_equals_the_reference() =>
        Prop.ForAll(Words.ToArbitrary(), Gen.Choose(2, 40).ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), (message, room, piece) =>
            Stuff(message, room, piece) == Reference(message) + ".\r\n").Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void No_stuffed_message_holds_an_early_end_or_a_bare_line_end() =>
        Prop.ForAll(Words.ToArbitrary(), message =>
        {
            var wire = "\r\n" + Stuff(message, 64, 64);
            return wire.IndexOf("\r\n.\r\n", StringComparison.Ordinal) == wire.Length - 5
                && !Regex.IsMatch(wire, "\r(?!\n)|(?<!\r)\n");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void The_scan_agrees_with_the_reference() =>
        Prop.ForAll(Words.Where(message => message.Length > 0).ToArbitrary(), message =>
        {
            var scan = MessageScan.Of(Encoding.Latin1.GetBytes(message));
            var normalised = Regex.Replace(message, "\r\n|\r|\n", "\r\n");
            var whole = normalised.EndsWith("\r\n", StringComparison.Ordinal) ? normalised : normalised + "\r\n";
            return scan.WireSize == whole.Length
                && scan.HasNul == message.Contains('\0')
                && scan.HasEightBit == message.Any(c => c > 127)
                && (!scan.IsClean || (scan.EndsLine ? message : message + "\r\n") == Reference(message));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void A_clean_message_is_known_to_be_clean_at_every_length()
    {
        for (var length = 1; length < 200; length++)
        {
            var text = string.Concat(Enumerable.Repeat("abc.de\r\n", 30))[..length];
            var cut = text.EndsWith('\r');
            MessageScan.Of(Encoding.Latin1.GetBytes(text)).IsClean.ShouldBe(!cut, $"length {length}");
        }
    }

    [Theory]
    [InlineData("Subject: \u00e9\r\n\r\nx", true)]
    [InlineData("Subject: x\r\n\r\n\u00e9", false)]
    [InlineData("Subject: x\n\n\u00e9", false)]
    [InlineData("Subject: x\r\r\u00e9", false)]
    [InlineData("Subject: x\r\n\r\nx", false)]
    public void The_header_ends_at_the_empty_line(string message, bool eightBit) =>
        MessageScan.HeaderHasEightBit(Encoding.Latin1.GetBytes(message)).ShouldBe(eightBit);

    private static string Stuff(string message, int room, int piece)
    {
        var stuffer = new DotStuffer();
        var input = Encoding.Latin1.GetBytes(message).AsSpan();
        var wire = new StringBuilder();
        Span<byte> output = stackalloc byte[room];
        while (!input.IsEmpty)
        {
            var (consumed, written) = stuffer.Encode(input[..Math.Min(piece, input.Length)], output);
            (consumed + written).ShouldBeGreaterThan(0, "the encoder must go on");
            wire.Append(Encoding.Latin1.GetString(output[..written]));
            input = input[consumed..];
        }
        Span<byte> end = stackalloc byte[DotStuffer.MaxFinish];
        return wire.Append(Encoding.Latin1.GetString(end[..stuffer.Finish(end)])).ToString();
    }
}
