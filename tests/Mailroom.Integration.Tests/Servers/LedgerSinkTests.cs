using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class LedgerSinkTests
{
    [Fact]
    public async Task Mails_of_smtp_source_are_in_the_ledger_when_it_has_been_answered()
    {
        await using var sink = LedgerSink.Start();

        await SmtpSource.Send(sink.Port, mails: 2_000, connections: 16, from: "a@mailroom.test", to: "b@example.test", extra: ["-d"]);

        sink.Ledger.Count.ShouldBe(2_000);
        sink.Ledger.Duplicates().ShouldBeEmpty();
        sink.Ledger.Mails.ShouldAllBe(mail =>
            mail.Sender == "a@mailroom.test" && mail.Recipients.Single() == "b@example.test" && mail.MessageId.StartsWith('<'));
    }

    [Fact]
    public async Task Pipelined_mails_in_one_write_are_answered_in_order()
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send(string.Concat(Enumerable.Range(1, 3).Select(i => RawSmtp.Envelope() + RawSmtp.Mail($"{i}@test"))) + "QUIT\r\n");

        (await client.Codes(13)).ShouldBe("250 250 354 250 250 250 354 250 250 250 354 250 221");
        sink.Ledger.Mails.Select(mail => mail.MessageId).ShouldBe(["<1@test>", "<2@test>", "<3@test>"]);
    }

    [Fact]
    public async Task The_octets_may_come_one_at_a_time()
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        foreach (var octet in RawSmtp.Envelope() + RawSmtp.Mail("slow@test"))
        {
            await client.Send(octet.ToString());
        }

        (await client.Codes(4)).ShouldBe("250 250 354 250");
        sink.Ledger.Mails.Single().MessageId.ShouldBe("<slow@test>");
    }

    [Theory]
    [InlineData("a\r\n..\r\nb\r\n.\r\n", 10)]
    [InlineData("a\n.\nb\r\n.\r\n", 7)]
    [InlineData("a\r.\rb\r\n.\r\n", 7)]
    [InlineData("a\n.\r\nb\r\n.\r\n", 8)]
    [InlineData(".\r\n", 0)]
    [InlineData("\r\n.\r\n", 2)]
    public async Task Only_a_dot_between_two_CRLF_ends_a_mail(string data, int size)
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send(RawSmtp.Envelope() + data);

        (await client.Codes(4)).ShouldBe("250 250 354 250");
        sink.Ledger.Mails.Single().Size.ShouldBe(size);
    }

    [Fact]
    public async Task A_mail_larger_than_the_buffer_is_taken_whole()
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);
        var body = string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 3_000));

        await client.Send($"{RawSmtp.Envelope()}Message-ID: <large@test>\r\n\r\n{body}.\r\n");
        await client.Send(RawSmtp.Envelope() + RawSmtp.Mail("small@test"));

        (await client.Codes(8)).ShouldBe("250 250 354 250 250 250 354 250");
        sink.Ledger.Mails.Select(mail => (mail.MessageId, mail.Size)).ShouldBe([("<large@test>", 3_000_028), ("<small@test>", 50)]);
    }

    [Theory]
    [InlineData("Message-ID: <a@test>\r\n\r\nbody", "<a@test>")]
    [InlineData("Subject: x\r\nMESSAGE-id:<b@test>\r\n\r\nbody", "<b@test>")]
    [InlineData("Message-Id:\r\n <folded@test>\r\n\r\nbody", "<folded@test>")]
    [InlineData("Subject: none\r\n\r\nMessage-ID: <body@test>", "")]
    [InlineData("X-Message-ID: <other@test>\r\n\r\nbody", "")]
    [InlineData("Message-ID: broken", "")]
    public async Task The_Message_ID_is_read_from_the_header_alone(string mail, string id)
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send($"{RawSmtp.Envelope()}{mail}\r\n.\r\n");

        (await client.Codes(4)).ShouldBe("250 250 354 250");
        sink.Ledger.Mails.Single().MessageId.ShouldBe(id);
    }

    [Fact]
    public async Task A_duplicate_is_one_Message_ID_twice_for_one_recipient()
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        foreach (var (id, to) in ((string, string)[])[("once", "x"), ("twice", "x"), ("twice", "x"), ("split", "x"), ("split", "y")])
        {
            await client.Send(RawSmtp.Envelope($"{to}@example.test") + RawSmtp.Mail($"{id}@test"));
            (await client.Codes(4)).ShouldBe("250 250 354 250");
        }

        sink.Ledger.Count.ShouldBe(5);
        sink.Ledger.CountOf("<twice@test>").ShouldBe(2);
        sink.Ledger.Duplicates().ShouldBe([new LedgerDuplicate("<twice@test>", "x@example.test", 2)]);
    }

    [Theory]
    [InlineData("DATA\r\n", "554")]
    [InlineData("RCPT TO:<b@example.test>\r\n", "503")]
    [InlineData("MAIL FROM:<a@b.test>\r\nMAIL FROM:<a@b.test>\r\n", "250 503")]
    [InlineData("MAIL FROM:a@b.test\r\n", "501")]
    [InlineData("MAIL FROM:<a@b.test> BODY=8BITMIME SIZE=99999999999\r\n", "552")]
    [InlineData("MAIL FROM:<>\r\nRCPT TO:<>\r\n", "250 501")]
    [InlineData("MAIL FROM:<a@b.test>\r\nRSET\r\nMAIL FROM:<a@b.test>\r\n", "250 250 250")]
    [InlineData("NOOP\n", "500")]
    [InlineData("WHAT\r\n", "500")]
    public async Task Commands_out_of_order_or_malformed_are_refused(string commands, string codes)
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send(commands);

        (await client.Codes(codes.Split(' ').Length)).ShouldBe(codes);
    }

    [Fact]
    public async Task A_command_without_end_closes_the_connection()
    {
        await using var sink = LedgerSink.Start();
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send(new string('x', 2_049));

        (await client.Line()).ShouldStartWith("500 5.5.2");
        (await client.Line()).ShouldBeEmpty();
    }
}
