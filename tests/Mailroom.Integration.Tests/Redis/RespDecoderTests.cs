using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Mailroom.Data.Redis;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>What Redis may send, in pieces of any size, and what nobody should.</summary>
public sealed class RespDecoderTests
{
    public static TheoryData<string, string> Replies => new()
    {
        { "+OK\r\n", "OK" },
        { "+\r\n", "" },
        { "-ERR wrong\r\n", "!ERR:wrong" },
        { "-WRONGPASS\r\n", "!WRONGPASS:" },
        { "-no prefix here\r\n", "!ERR:no prefix here" },
        { "-LOADING a\tb\r\n", "!LOADING:a?b" },
        { ":0\r\n", "0" },
        { ":-9223372036854775808\r\n", "-9223372036854775808" },
        { ":+7\r\n", "7" },
        { "$5\r\nhello\r\n", "hello" },
        { "$0\r\n\r\n", "" },
        { "$4\r\n\r\n\r\n\r\n", "\r\n\r\n" },
        { "$-1\r\n", "null" },
        { "*-1\r\n", "null" },
        { "_\r\n", "null" },
        { "*0\r\n", "[]" },
        { "*2\r\n:1\r\n$1\r\na\r\n", "[1 a]" },
        { "*2\r\n*1\r\n:1\r\n*0\r\n", "[[1] []]" },
        { "*3\r\n$-1\r\n_\r\n*-1\r\n", "[null null null]" },
        { "*2\r\n-ERR a\r\n+b\r\n", "[!ERR:a b]" },
        { "%1\r\n+k\r\n:2\r\n", "{k 2}" },
        { "%0\r\n", "{}" },
        { "~2\r\n:1\r\n:2\r\n", "[1 2]" },
        { ">2\r\n+message\r\n+x\r\n", ">[message x]" },
        { "#t\r\n", "1" },
        { "#f\r\n", "0" },
        { ",1.5\r\n", "1.5" },
        { ",inf\r\n", "Infinity" },
        { ",-inf\r\n", "-Infinity" },
        { ",nan\r\n", "NaN" },
        { "(3492890328409238509324850943850943825024385\r\n", "3492890328409238509324850943850943825024385" },
        { "=8\r\ntxt:some\r\n", "some" },
        { "!9\r\nERR oh no\r\n", "!ERR:oh no" },
        { "|1\r\n+ttl\r\n:3\r\n:5\r\n", "5" },
        { "*2\r\n|1\r\n+a\r\n*1\r\n:9\r\n:1\r\n:2\r\n", "[1 2]" },
        { "|0\r\n+x\r\n", "x" },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_reply_is_read_whatever_the_pieces_in_which_it_comes(string sent, string shown)
    {
        // With a neighbour behind it, which must come out whole too.
        var bytes = Encoding.Latin1.GetBytes(sent + ":42\r\n");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Read(bytes[..cut], bytes[cut..]).ShouldBe([shown, "42"], $"cut at {cut}");
        }

        Read([.. bytes.Select(octet => new[] { octet })]).ShouldBe([shown, "42"]);
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData(":\r\n")]
    [InlineData(":1a\r\n")]
    [InlineData(":99999999999999999999\r\n")]
    [InlineData("$\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$1\r\nab\r\n")]
    [InlineData("$1\r\na\rb")]
    [InlineData("$999999999999\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("~-1\r\n")]
    [InlineData("%-1\r\n")]
    [InlineData("%9223372036854775807\r\n")]
    [InlineData("_x\r\n")]
    [InlineData("#x\r\n")]
    [InlineData(",1.5x\r\n")]
    [InlineData(",\r\n")]
    [InlineData("(\r\n")]
    [InlineData("(12a\r\n")]
    [InlineData("=3\r\ntxt\r\n")]
    [InlineData("=-1\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("220 mail.example.test ESMTP\r\n")]
    public void What_is_no_RESP_is_refused_whatever_the_pieces(string sent)
    {
        var bytes = Encoding.Latin1.GetBytes(sent);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            Should.Throw<RespException>(() => Read(bytes[..cut], bytes[cut..]), $"cut at {cut}");
        }
    }

    [Fact]
    public void Aggregates_within_aggregates_are_bounded() =>
        Should.Throw<RespException>(() => Read(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", 1_000)))))
            .Message.ShouldContain("16 deep");

    [Fact]
    public void A_line_is_bounded_even_when_its_end_never_comes()
    {
        var decoder = new RespDecoder(new RespLimits { MaxLine = 1_000 });
        Should.Throw<RespException>(() =>
        {
            for (var at = 0; at < 100; at++)
            {
                ReadOnlySpan<byte> piece = new byte[100].AsSpan();
                decoder.TryRead(ref piece, out _);
            }
        }).Message.ShouldContain("1000 bytes");
    }

    [Fact]
    public void Memory_is_taken_for_what_comes_and_not_for_what_is_announced()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(Encoding.Latin1.GetBytes("*1000000000\r\n*1000000000\r\n*1000000000\r\n$500000000\r\n")).ShouldBeEmpty();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    /// <summary>Bytes that look like RESP, cut and changed at random: replies, more to come, or a refusal; never anything else, and no more memory than the limits allow.</summary>
    [Fact]
    public void Garbage_is_read_or_refused_and_nothing_else()
    {
        var pieces = Gen.Elements(
            "*2\r\n", "*-1\r\n", "%1\r\n", "|1\r\n", ">1\r\n", "~3\r\n", "$3\r\nabc\r\n", "$-1\r\n", "$70\r\n", ":5\r\n", "+OK\r\n", "-ERR x\r\n", "_\r\n", "#t\r\n",
            ",1\r\n", "=5\r\ntxt:a\r\n", "!3\r\nERR\r\n", "\r\n", "\0", "$9999999\r\n", "*7777777\r\n", "(1\r\n");
        var noise = Gen.Choose(0, 255).Select(octet => ((char)octet).ToString());
        var texts = Gen.Frequency((9, pieces), (1, noise)).ListOf().Select(string.Concat);
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var limits = new RespLimits { MaxValue = 64, MaxReply = 4_096, MaxLine = 64, MaxDepth = 6 };
            var bytes = Encoding.Latin1.GetBytes(text);
            var (whole, byOne) = (Outcome(limits, [bytes]), Outcome(limits, [.. bytes.Select(octet => new[] { octet })]));
            return whole.SequenceEqual(byOne);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void A_value_above_the_bound_is_read_past_and_those_beside_it_are_kept()
    {
        var limits = new RespLimits { MaxValue = 10 };
        var large = new string('x', 1_000_000);
        Outcome(limits, [Encoding.Latin1.GetBytes($"*3\r\n+id\r\n$1000000\r\n{large}\r\n$2\r\nab\r\n:1\r\n")])
            .ShouldBe(["[id (1000000) ab]", "1"]);
    }

    [Fact]
    public void A_reply_above_the_bound_keeps_its_beginning_and_the_next_one_is_whole()
    {
        // An element costs 64 bytes besides its own: the array, three numbers, and the fourth is one too many.
        var limits = new RespLimits { MaxReply = 256, MaxValue = 16 };
        var sent = "*6\r\n:1\r\n:2\r\n:3\r\n:4\r\n*1\r\n:5\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n";
        Outcome(limits, [Encoding.Latin1.GetBytes(sent)]).ShouldBe(["[1 2 3 ...6]", "[1 2]"]);
    }

    [Fact]
    public void An_aggregate_that_was_cut_still_stands_in_its_place()
    {
        var limits = new RespLimits { MaxReply = 320, MaxValue = 16 };
        Outcome(limits, [Encoding.Latin1.GetBytes("*2\r\n+id\r\n*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n+next\r\n")]).ShouldBe(["[id [1 2 ...5]]", "next"]);
    }

    private static string[] Read(params byte[][] pieces)
    {
        var decoder = new RespDecoder(new());
        return [.. pieces.SelectMany(piece => Feed(decoder, piece))];
    }

    private static List<string> Outcome(RespLimits limits, byte[][] pieces)
    {
        var decoder = new RespDecoder(limits);
        var seen = new List<string>();
        try
        {
            foreach (var piece in pieces)
            {
                seen.AddRange(Feed(decoder, piece));
            }
        }
        catch (RespException)
        {
            seen.Add("refused");
        }

        return seen;
    }

    private static IEnumerable<string> Feed(RespDecoder decoder, byte[] piece)
    {
        ReadOnlySpan<byte> left = piece;
        var seen = new List<string>();
        try
        {
            while (decoder.TryRead(ref left, out var reply))
            {
                seen.Add(Show(reply));
            }
        }
        catch (RespException) when (seen.Count > 0)
        {
            seen.Add("refused");
        }

        return seen;
    }

    private static string Show(in RedisReply reply) => reply.Kind switch
    {
        RedisReplyKind.Null => "null",
        RedisReplyKind.Error => $"!{reply.Error!.Prefix}:{reply.Error.Message}",
        RedisReplyKind.Integer or RedisReplyKind.Boolean => $"{reply.Integer}",
        RedisReplyKind.Double => FormattableString.Invariant($"{reply.Double}"),
        RedisReplyKind.Array => $"[{Elements(reply)}]",
        RedisReplyKind.Map => $"{{{Elements(reply)}}}",
        RedisReplyKind.Push => $">[{Elements(reply)}]",
        RedisReplyKind.Value when reply.IsCut => $"({reply.Length})",
        RedisReplyKind.Value or RedisReplyKind.Status or RedisReplyKind.BigNumber => Encoding.Latin1.GetString(reply.Bytes.Span),
        _ => throw new ArgumentOutOfRangeException(nameof(reply)),
    };

    private static string Elements(in RedisReply reply)
    {
        var shown = new List<string>();
        foreach (var item in reply.Items)
        {
            shown.Add(Show(item));
        }

        if (reply.IsCut)
        {
            shown.Add($"...{reply.Length}");
        }

        return string.Join(' ', shown);
    }
}
