using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class LedgerFaultsTests
{
    [Fact]
    public async Task A_recipient_is_refused_with_the_reply_given_and_the_others_get_the_mail()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Recipient = address => address switch
            {
                "later@example.test" => "451 4.7.1 Try again later",
                "never@example.test" => "550 5.1.1 No such user",
                _ => null,
            },
        });
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send("MAIL FROM:<a@mailroom.test>\r\nRCPT TO:<later@example.test>\r\nRCPT TO:<b@example.test>\r\n"
            + "RCPT TO:<never@example.test>\r\nDATA\r\n" + RawSmtp.Mail("some@test"));

        (await client.Codes(6)).ShouldBe("250 451 250 550 354 250");
        sink.Ledger.Mails.Single().Recipients.ShouldBe(["b@example.test"]);
    }

    [Fact]
    public async Task No_mail_is_asked_for_when_every_recipient_is_refused()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => "451 4.7.1 Try again later" });

        var refused = await Should.ThrowAsync<SmtpSourceException>(() => SmtpSource.Send(sink.Port));

        refused.Message.ShouldContain("451 4.7.1");
        sink.Ledger.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_reply_of_421_closes_the_connection()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => "421 4.3.2 Going down" });
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send("MAIL FROM:<a@mailroom.test>\r\nRCPT TO:<b@example.test>\r\n");

        (await client.Codes(2)).ShouldBe("250 421");
        (await client.Line()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_greeting_can_refuse_chosen_connections()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { Greeting = connection => connection == 1 ? "554 5.7.1 Not you" : null });
        using var first = await RawSmtp.Connect(sink.Port);
        (await first.Line()).ShouldBe("554 5.7.1 Not you");
        (await first.Line()).ShouldBeEmpty();

        using var second = await RawSmtp.Introduced(sink.Port);

        sink.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_mail_refused_after_the_dot_is_not_in_the_ledger_and_the_connection_lives_on()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Refuse("452 4.3.1 Full") });
        using var client = await RawSmtp.Introduced(sink.Port);
        await client.Send(RawSmtp.Envelope() + RawSmtp.Mail("one@test"));
        (await client.Codes(4)).ShouldBe("250 250 354 452");

        sink.Faults = LedgerFaults.None;
        await client.Send(RawSmtp.Envelope() + RawSmtp.Mail("two@test"));

        (await client.Codes(4)).ShouldBe("250 250 354 250");
        sink.Ledger.Mails.Single().MessageId.ShouldBe("<two@test>");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_drop_after_the_dot_leaves_the_sender_without_an_answer(bool taken, int inLedger)
    {
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Dot = _ => taken ? DotFault.DropAfterTaking : DotFault.DropBeforeTaking,
        });
        using var client = await RawSmtp.Introduced(sink.Port);

        await client.Send(RawSmtp.Envelope() + RawSmtp.Mail("dropped@test"));

        (await client.Codes(3)).ShouldBe("250 250 354");
        (await client.Line()).ShouldBeEmpty();
        sink.Ledger.Count.ShouldBe(inLedger);
    }

    [Fact]
    public async Task A_stalled_mail_holds_its_own_connection_alone_until_it_is_released()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Dot = mail => mail.MessageId == "<stalled@test>" ? DotFault.Stall : DotFault.Acknowledge,
        });
        using var stalled = await RawSmtp.Introduced(sink.Port);
        using var other = await RawSmtp.Introduced(sink.Port);
        await stalled.Send(RawSmtp.Envelope() + RawSmtp.Mail("stalled@test"));
        await sink.WaitForStalled(1);

        await other.Send(RawSmtp.Envelope() + RawSmtp.Mail("other@test"));
        (await other.Codes(4)).ShouldBe("250 250 354 250");
        sink.Ledger.Mails.Single().MessageId.ShouldBe("<other@test>");
        (await stalled.Codes(3)).ShouldBe("250 250 354");

        sink.ReleaseStalled();

        (await stalled.Codes(1)).ShouldBe("250");
        sink.Ledger.Mails.Select(mail => mail.MessageId).ShouldBe(["<other@test>", "<stalled@test>"]);
        sink.Stalled.ShouldBe(0);
    }

    [Fact]
    public async Task A_mail_can_stall_before_its_data_is_asked_for()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = recipients => recipients.Contains("held@example.test") });
        using var held = await RawSmtp.Introduced(sink.Port);
        await held.Send(RawSmtp.Envelope("held@example.test"));
        await sink.WaitForStalled(1);
        (await held.Codes(2)).ShouldBe("250 250");

        sink.ReleaseStalled();
        await held.Send(RawSmtp.Mail("held@test"));

        (await held.Codes(2)).ShouldBe("354 250");
        sink.Ledger.Mails.Single().MessageId.ShouldBe("<held@test>");
    }

    [Fact]
    public async Task A_login_is_offered_and_answered_only_where_a_fault_says_how()
    {
        await using var sink = LedgerSink.Start(new LedgerFaults { Authentication = () => "535 5.7.8 Not with that password" });
        using var client = await RawSmtp.Introduced(sink.Port);
        await client.Send("AUTH PLAIN AGEAYg==\r\n");
        (await client.Line()).ShouldBe("535 5.7.8 Not with that password");

        sink.Faults = LedgerFaults.None;
        await client.Send("AUTH PLAIN AGEAYg==\r\n");

        (await client.Line()).ShouldStartWith("500 ");
    }

    [Fact]
    public async Task The_sink_closes_while_mails_are_stalled()
    {
        var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        using var client = await RawSmtp.Introduced(sink.Port);
        await client.Send(RawSmtp.Envelope() + RawSmtp.Mail("never@test"));
        await sink.WaitForStalled(1);

        await Deadline.In().Wait(sink.DisposeAsync().AsTask(), "the sink to close");

        (await client.Codes(3)).ShouldBe("250 250 354");
        (await client.Line()).ShouldBeEmpty();
        sink.Ledger.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_hook_that_throws_is_told_when_the_sink_closes()
    {
        var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => throw new InvalidDataException("a mistake in the hook") });
        using (var client = await RawSmtp.Introduced(sink.Port))
        {
            await client.Send(RawSmtp.Envelope());
            (await client.Line()).ShouldBeEmpty();
        }

        (await Should.ThrowAsync<AggregateException>(() => sink.DisposeAsync().AsTask()))
            .InnerException.ShouldBeOfType<InvalidDataException>();
    }
}
