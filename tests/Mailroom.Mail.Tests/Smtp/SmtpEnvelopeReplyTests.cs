using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpEnvelopeReplyTests
{
    private const string ThreeRecipients =
        "MAIL FROM:<a@example.com> SIZE=#\r\nRCPT TO:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nRCPT TO:<z@example.com>\r\nDATA\r\n";

    [Theory]
    [InlineData("450 4.7.1 greylisted\r\n503 no\r\n503 no\r\n", SmtpOutcome.Deferred, SmtpPhase.Mail, 450)]
    [InlineData("452 4.3.1 full\r\n503 no\r\n503 no\r\n", SmtpOutcome.Deferred, SmtpPhase.Mail, 452)]
    [InlineData("550 5.7.1 blocked\r\n503 no\r\n503 no\r\n", SmtpOutcome.Rejected, SmtpPhase.Mail, 550)]
    [InlineData("530 5.7.0 log in\r\n503 no\r\n503 no\r\n", SmtpOutcome.AuthenticationFailed, SmtpPhase.Mail, 530)]
    [InlineData("250 ok\r\n450 4.2.1 busy\r\n503 none\r\n", SmtpOutcome.Deferred, SmtpPhase.Rcpt, 450)]
    [InlineData("250 ok\r\n451 4.3.0 later\r\n503 none\r\n", SmtpOutcome.Deferred, SmtpPhase.Rcpt, 451)]
    [InlineData("250 ok\r\n550 5.1.1 unknown\r\n503 none\r\n", SmtpOutcome.Rejected, SmtpPhase.Rcpt, 550)]
    [InlineData("250 ok\r\n552 5.2.2 full\r\n554 none\r\n", SmtpOutcome.Rejected, SmtpPhase.Rcpt, 552)]
    [InlineData("250 ok\r\n553 5.1.3 bad\r\n554 none\r\n", SmtpOutcome.Rejected, SmtpPhase.Rcpt, 553)]
    [InlineData("250 ok\r\n250 ok\r\n451 4.3.0 later\r\n", SmtpOutcome.Deferred, SmtpPhase.Data, 451)]
    [InlineData("250 ok\r\n250 ok\r\n554 5.7.1 spam\r\n", SmtpOutcome.Rejected, SmtpPhase.Data, 554)]
    public async Task A_refusal_of_the_envelope_decides_and_RSET_comes_before_the_next_mail(string replies, SmtpOutcome outcome, SmtpPhase phase, int code)
    {
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            await session.SendAsync(replies);
            var reset = replies.StartsWith("250", StringComparison.Ordinal);
            await session.ExpectAsync((reset ? "RSET\r\n" : "") + ScriptedSession.Envelope);
            await session.SendAsync((reset ? "250 flushed\r\n" : "") + "250 ok\r\n250 ok\r\n354 go\r\n");
            await session.ReadMessageAsync();
            await session.SendAsync("250 taken\r\n");
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = Pool(server);
        var result = await pool.SendAsync(Envelope(), Message);
        result.Outcome.ShouldBe(outcome);
        result.Phase.ShouldBe(phase);
        result.Reply!.Code.ShouldBe(code);
        result.FinalDotSent.ShouldBeFalse();
        result.Recipients[0].Outcome.ShouldBe(code < 500 ? SmtpRecipientOutcome.Deferred : SmtpRecipientOutcome.Rejected);

        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
    }

    [Theory]
    [InlineData("550 5.7.1 blocked\r\n", SmtpPhase.Mail)]
    [InlineData("250 ok\r\n550 5.1.1 unknown\r\n", SmtpPhase.Rcpt)]
    [InlineData("250 ok\r\n250 ok\r\n554 5.7.1 spam\r\n", SmtpPhase.Data)]
    public async Task A_connection_closed_right_after_a_pipelined_5xx_is_a_rejection(string replies, SmtpPhase phase)
    {
        foreach (var reset in new[] { false, true })
        {
            var result = await SendOnceAsync(async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync("MAIL FROM:<a@example.com> SIZE=#\r\n");
                await server.SendAsync(replies);
                // RCPT and DATA are unread: the kernel answers them with RST.
                await (reset ? server.ResetAsync() : server.CloseAsync());
            });
            result.Outcome.ShouldBe(SmtpOutcome.Rejected, result.Conversation.ToString());
            result.Phase.ShouldBe(phase);
            result.FinalDotSent.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Each_recipient_has_its_own_reply_and_the_accepted_ones_get_the_mail()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync(ThreeRecipients);
                await server.SendAsync("250 ok\r\n250 ok\r\n452 4.5.3 too many\r\n550 5.1.1 unknown\r\n354 go\r\n");
                (await server.ReadMessageAsync()).ShouldBe("Subject: x\r\n\r\nhello\r\n");
                await server.SendAsync("250 taken\r\n");
                await server.UntilClosedAsync(quit: true);
            },
            Envelope("x@example.com", "y@example.com", "z@example.com"));
        result.Outcome.ShouldBe(SmtpOutcome.PartiallyAccepted);
        result.FinalDotSent.ShouldBeTrue();
        result.Recipients.Select(r => (r.Address, r.Outcome, r.Reply!.Code)).ShouldBe([
            ("x@example.com", SmtpRecipientOutcome.Accepted, 250),
            ("y@example.com", SmtpRecipientOutcome.Deferred, 452),
            ("z@example.com", SmtpRecipientOutcome.Rejected, 550)]);
        result.Recipients[1].Reply!.EnhancedCode.ShouldBe(new EnhancedStatusCode(4, 5, 3));
    }

    [Theory]
    [InlineData("250 ok\r\n450 a\r\n550 b\r\n550 c\r\n503 none\r\n", SmtpOutcome.Deferred, 450)]
    [InlineData("250 ok\r\n551 a\r\n550 b\r\n553 c\r\n503 none\r\n", SmtpOutcome.Rejected, 551)]
    public async Task A_mail_that_one_recipient_may_still_get_is_deferred(string replies, SmtpOutcome outcome, int code)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync(ThreeRecipients);
                await server.SendAsync(replies);
                await server.UntilClosedAsync(quit: true);
            },
            Envelope("x@example.com", "y@example.com", "z@example.com"));
        result.Outcome.ShouldBe(outcome);
        result.Reply!.Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("250 queued as nothing\r\n")]
    [InlineData("554 no recipients\r\n")]
    [InlineData("")]
    public async Task A_354_with_no_recipient_is_ended_with_a_lone_dot_and_no_mail(string afterDot)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n");
            await server.ExpectAsync(".\r\n");
            await server.SendAsync(afterDot);
            if (afterDot.Length > 0)
            {
                await server.UntilClosedAsync(quit: true);
            }
        });
        result.Outcome.ShouldBe(SmtpOutcome.Rejected);
        result.Reply!.Code.ShouldBe(550);
        result.FinalDotSent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_354_after_a_refused_MAIL_is_ended_the_same_way()
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("451 4.3.0 later\r\n503 no\r\n354 go\r\n");
            await server.ExpectAsync(".\r\n");
            await server.SendAsync("503 no\r\n");
            await server.UntilClosedAsync(quit: true);
        });
        result.Outcome.ShouldBe(SmtpOutcome.Deferred);
        result.Phase.ShouldBe(SmtpPhase.Mail);
    }

    [Theory]
    [InlineData("421 4.3.2 closing\r\n", SmtpPhase.Mail)]
    [InlineData("250 ok\r\n421 4.3.2 closing\r\n", SmtpPhase.Rcpt)]
    [InlineData("250 ok\r\n250 ok\r\n421 4.3.2 closing\r\n", SmtpPhase.Data)]
    public async Task A_421_defers_what_is_open_and_closes(string replies, SmtpPhase phase)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync(replies);
            await server.UntilClosedAsync();
        });
        result.Outcome.ShouldBe(SmtpOutcome.Deferred);
        result.Phase.ShouldBe(phase);
        result.Recipients[0].Outcome.ShouldBe(SmtpRecipientOutcome.Deferred);
    }

    [Fact]
    public async Task A_421_after_some_recipients_leaves_the_refused_refused()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync(ThreeRecipients);
                await server.SendAsync("250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n421 4.3.2 closing\r\n");
                await server.UntilClosedAsync();
            },
            Envelope("x@example.com", "y@example.com", "z@example.com"));
        result.Outcome.ShouldBe(SmtpOutcome.Deferred);
        result.Recipients.Select(r => r.Outcome).ShouldBe([SmtpRecipientOutcome.Deferred, SmtpRecipientOutcome.Rejected, SmtpRecipientOutcome.Deferred]);
    }

    [Theory]
    [InlineData("250 ok\r\n250 ok\r\n250 one too many\r\n354 go\r\n", SmtpPhase.Data)]
    [InlineData("250 ok\r\n354 one too few\r\n", SmtpPhase.Rcpt)]
    [InlineData("354 go\r\n", SmtpPhase.Mail)]
    [InlineData("250 ok\r\n250 ok\r\n354 go\r\n250 what\r\n", SmtpPhase.Message)]
    [InlineData("250 ok\r\nwhat?\r\n", SmtpPhase.Rcpt)]
    public async Task Replies_out_of_step_end_the_connection_before_a_mail_is_sent(string replies, SmtpPhase phase)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync(replies);
            await server.UntilClosedAsync();
        });
        result.Outcome.ShouldBe(SmtpOutcome.ProtocolError, result.Conversation.ToString());
        result.Phase.ShouldBe(phase);
        result.FinalDotSent.ShouldBeFalse();
        result.Recipients[0].ShouldBe(new SmtpRecipientResult("b@example.com", SmtpRecipientOutcome.NotReached, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("250 ok\r\n")]
    [InlineData("250 ok\r\n250 ok\r\n")]
    [InlineData("250 ok\r\n250 ok\r\n35")]
    public async Task A_connection_lost_in_the_envelope_is_certain(string replies)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync(replies);
        });
        result.Outcome.ShouldBe(SmtpOutcome.ConnectionLost);
        result.Recipients[0].Outcome.ShouldBe(SmtpRecipientOutcome.NotReached);
    }

    [Fact]
    public async Task Many_recipients_go_out_in_groups_that_cannot_fill_both_buffers()
    {
        var addresses = Enumerable.Range(0, 150).Select(i => $"r{i}@example.com").ToArray();
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync("MAIL FROM:<a@example.com> SIZE=#\r\n");
                for (var i = 0; i < addresses.Length; i++)
                {
                    await server.ExpectAsync($"RCPT TO:<{addresses[i]}>\r\n");
                    if (i is 63 or 127)
                    {
                        await server.SendAsync((i == 63 ? "250 ok\r\n" : "") + string.Concat(Enumerable.Repeat("250 ok\r\n", 64)));
                    }
                }
                await server.ExpectAsync("DATA\r\n");
                await server.SendAsync(string.Concat(Enumerable.Repeat("250 ok\r\n", 22)) + "354 go\r\n");
                await server.ReadMessageAsync();
                await server.SendAsync("250 taken\r\n");
                await server.UntilClosedAsync(quit: true);
            },
            Envelope(addresses));
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        result.Recipients.Count.ShouldBe(150);
    }

    [Theory]
    [InlineData("250-t\r\n250-PIPELINING\r\n250 SIZE 10\r\n", "ascii", "a@example.com", "SIZE")]
    [InlineData("250-t\r\n250 PIPELINING\r\n", "caf\u00e9", "a@example.com", "8BITMIME")]
    [InlineData("250-t\r\n250-8BITMIME\r\n250 PIPELINING\r\n", "ascii", "jos\u00e9@example.com", "SMTPUTF8")]
    [InlineData("250-t\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n", "n\0l", "a@example.com", "NUL")]
    public async Task What_the_server_lacks_is_told_before_MAIL_and_the_connection_stays(string ehlo, string body, string sender, string named)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync(ehlo);
                await server.UntilClosedAsync(quit: true);
            },
            SmtpEnvelope.Create(sender, "b@example.com"), Octets($"Subject: x\r\n\r\n{body}\r\n"));
        result.Outcome.ShouldBe(SmtpOutcome.UnsupportedByServer);
        result.Phase.ShouldBe(SmtpPhase.Mail);
        result.Detail.ShouldContain(named);
        result.Detail.ShouldNotContain("@");
    }

    [Theory]
    [InlineData("a@example.com", "Subject: x\r\n\r\nhi\r\n", "MAIL FROM:<a@example.com> SIZE=18\r\n")]
    [InlineData("a@example.com", "Subject: x\n\n.hi", "MAIL FROM:<a@example.com> SIZE=19\r\n")]
    [InlineData("a@example.com", "Subject: x\r\n\r\n\u00e9\r\n", "MAIL FROM:<a@example.com> SIZE=17 BODY=8BITMIME\r\n")]
    [InlineData("a@example.com", "Subject: \u00e9\r\n\r\nx\r\n", "MAIL FROM:<a@example.com> SIZE=17 BODY=8BITMIME SMTPUTF8\r\n")]
    [InlineData("jos\u00e9@example.com", "Subject: x\r\n\r\nhi\r\n", "MAIL FROM:<jos\u00c3\u00a9@example.com> SIZE=18 SMTPUTF8\r\n")]
    [InlineData("a@b\u00fccher.example", "Subject: x\r\n\r\nhi\r\n", "MAIL FROM:<a@xn--bcher-kva.example> SIZE=18\r\n")]
    [InlineData("", "Subject: x\r\n\r\nhi\r\n", "MAIL FROM:<> SIZE=18\r\n")]
    public async Task MAIL_says_what_the_message_is(string sender, string message, string expected)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync(expected + "RCPT TO:<b@example.com>\r\nDATA\r\n");
                await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
                await server.ReadMessageAsync();
                await server.SendAsync("250 taken\r\n");
                await server.UntilClosedAsync(quit: true);
            },
            SmtpEnvelope.Create(sender, "b@example.com"), Octets(message));
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }
}
