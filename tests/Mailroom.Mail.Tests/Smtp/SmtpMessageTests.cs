using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpMessageTests
{
    private static async Task UntilDataAsync(ScriptedSession server)
    {
        await server.GreetAsync();
        await server.ExpectAsync(ScriptedSession.Envelope);
        await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
    }

    [Theory]
    [InlineData("250 2.0.0 taken\r\n", SmtpOutcome.Accepted, SmtpRecipientOutcome.Accepted)]
    [InlineData("451 4.3.0 later\r\n", SmtpOutcome.Deferred, SmtpRecipientOutcome.Deferred)]
    [InlineData("452 4.3.1 full\r\n", SmtpOutcome.Deferred, SmtpRecipientOutcome.Deferred)]
    [InlineData("454 Throttling failure: Maximum sending rate exceeded.\r\n", SmtpOutcome.Deferred, SmtpRecipientOutcome.Deferred)]
    [InlineData("552 5.3.4 too big\r\n", SmtpOutcome.Rejected, SmtpRecipientOutcome.Rejected)]
    [InlineData("554 5.7.1 spam\r\n", SmtpOutcome.Rejected, SmtpRecipientOutcome.Rejected)]
    public async Task The_reply_to_the_final_dot_decides_for_all_recipients(string reply, SmtpOutcome outcome, SmtpRecipientOutcome recipient)
    {
        var result = await SendOnceAsync(async server =>
        {
            await UntilDataAsync(server);
            await server.ReadMessageAsync();
            await server.SendAsync(reply);
            await server.UntilClosedAsync(quit: true);
        });
        result.Outcome.ShouldBe(outcome);
        result.Phase.ShouldBe(SmtpPhase.FinalDot);
        result.FinalDotSent.ShouldBeTrue();
        result.Recipients[0].Outcome.ShouldBe(recipient);
    }

    [Fact]
    public async Task A_421_to_the_final_dot_is_certain_and_closes()
    {
        var result = await SendOnceAsync(async server =>
        {
            await UntilDataAsync(server);
            await server.ReadMessageAsync();
            await server.SendAsync("421 4.3.2 going down\r\n");
            await server.UntilClosedAsync();
        });
        result.Outcome.ShouldBe(SmtpOutcome.Deferred);
        result.Phase.ShouldBe(SmtpPhase.FinalDot);
    }

    [Theory]
    [InlineData("250 taken\r\n421 closing\r\n")]
    [InlineData("250 taken\r\n250 taken twice\r\n")]
    public async Task What_follows_the_acceptance_costs_the_connection_and_not_the_mail(string replies)
    {
        var result = await SendOnceAsync(async server =>
        {
            await UntilDataAsync(server);
            await server.ReadMessageAsync();
            await server.SendAsync(replies);
            await server.UntilClosedAsync();
        });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted);
    }

    [Fact]
    public async Task A_reset_right_after_the_acceptance_leaves_the_mail_accepted()
    {
        await using var server = new ScriptedServer(async session =>
        {
            await UntilDataAsync(session);
            await session.ReadMessageAsync();
            await session.SendAsync("250 taken\r\n");
            await session.ResetAsync();
        });
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
    }

    [Fact]
    public async Task A_server_that_closes_after_k_octets_of_the_mail_leaves_it_uncertain_for_every_k()
    {
        var onTheWire = Message.Length + 3;
        for (var k = 1; k <= onTheWire; k++)
        {
            var octets = k;
            var result = await SendOnceAsync(async server =>
            {
                await UntilDataAsync(server);
                await server.ReadAsync(octets);
            });
            result.Outcome.ShouldBe(SmtpOutcome.Uncertain, $"after {k} octets: {result.Detail}");
            result.FinalDotSent.ShouldBeTrue();
            result.Recipients[0].Outcome.ShouldBe(SmtpRecipientOutcome.Uncertain);
        }
    }

    [Theory]
    [InlineData("250 half a rep")]
    [InlineData("354 go on\r\n")]
    [InlineData("what?\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    public async Task A_final_reply_that_is_none_leaves_the_mail_uncertain(string reply)
    {
        var result = await SendOnceAsync(async server =>
        {
            await UntilDataAsync(server);
            await server.ReadMessageAsync();
            await server.SendAsync(reply);
        });
        result.Outcome.ShouldBe(SmtpOutcome.Uncertain);
        result.Phase.ShouldBe(SmtpPhase.FinalDot);
    }

    [Fact]
    public async Task Only_recipients_that_were_taken_are_uncertain()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.ExpectAsync("MAIL FROM:<a@example.com> SIZE=#\r\nRCPT TO:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nDATA\r\n");
                await server.SendAsync("250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n354 go\r\n");
                await server.ReadMessageAsync();
            },
            Envelope("x@example.com", "y@example.com"));
        result.Outcome.ShouldBe(SmtpOutcome.Uncertain);
        result.Recipients.Select(r => r.Outcome).ShouldBe([SmtpRecipientOutcome.Rejected, SmtpRecipientOutcome.Uncertain]);
    }

    [Fact]
    public async Task A_loss_in_the_middle_of_a_large_message_is_certain()
    {
        var large = Octets("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 200_000)));
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync("250-t\r\n250 PIPELINING\r\n");
                await server.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
                await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
                await server.ReadAsync(100_000);
                await server.ResetAsync();
            },
            message: large);
        result.Outcome.ShouldBe(SmtpOutcome.ConnectionLost, result.Detail);
        result.FinalDotSent.ShouldBeFalse();
    }

    [Theory]
    [InlineData("552 5.3.4 too big\r\n", SmtpOutcome.Rejected)]
    [InlineData("451 4.3.0 no\r\n", SmtpOutcome.Deferred)]
    [InlineData("421 4.3.2 no\r\n", SmtpOutcome.Deferred)]
    public async Task A_refusal_in_the_middle_of_a_large_message_is_that_refusal(string reply, SmtpOutcome outcome)
    {
        var large = Octets("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 200_000)));
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync("250-t\r\n250 PIPELINING\r\n");
                await server.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
                await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
                await server.ReadAsync(100_000);
                await server.SendAsync(reply);
                await server.DrainAsync();
            },
            message: large);
        result.Outcome.ShouldBe(outcome, result.Detail);
        result.FinalDotSent.ShouldBeFalse();
        result.Recipients[0].Reply.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("a\r\nb\r\n", "a\r\nb\r\n")]
    [InlineData("a", "a\r\n")]
    [InlineData("a\r\n\r\n", "a\r\n\r\n")]
    [InlineData(".", "..\r\n")]
    [InlineData("..\r\n", "...\r\n")]
    [InlineData("a\n.\nb\n", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r.\rb\r", "a\r\n..\r\nb\r\n")]
    [InlineData("a\n.\r\nb", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r\n.\nb", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r\n.\rb", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r\r\n.\r\r\nb", "a\r\n\r\n..\r\n\r\nb\r\n")]
    [InlineData("a\r\n\r.\r\n", "a\r\n\r\n..\r\n")]
    [InlineData("a\n\r.\n\r", "a\r\n\r\n..\r\n\r\n")]
    [InlineData("a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n", "a\r\n..\r\nMAIL FROM:<evil@example.com>\r\n")]
    public async Task Only_CRLF_leaves_and_no_line_can_end_the_mail(string message, string onTheWire)
    {
        var seen = "";
        var result = await SendOnceAsync(
            async server =>
            {
                await UntilDataAsync(server);
                seen = await server.ReadMessageAsync();
                await server.SendAsync("250 taken\r\n");
                await server.UntilClosedAsync(quit: true);
            },
            message: Octets(message));
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        seen.ShouldBe(onTheWire);
    }

    [Theory]
    [InlineData(1_000, "\r\n")]
    [InlineData(16_384, "\r\n")]
    [InlineData(16_385, "\r\n")]
    [InlineData(66_560, "\r\n")]
    [InlineData(200_000, "\r\n")]
    [InlineData(32_768, "\n.")]
    [InlineData(32_769, "\n.")]
    [InlineData(200_000, "\n.")]
    public async Task A_message_of_any_size_arrives_whole(int size, string lineEnd)
    {
        var text = string.Concat(Enumerable.Range(0, size).Select(i => i % 70 == 0 ? $"{i}{lineEnd}" : "x"))[..size];
        var seen = "";
        var result = await SendOnceAsync(
            async server =>
            {
                await UntilDataAsync(server);
                seen = await server.ReadMessageAsync();
                await server.SendAsync("250 taken\r\n");
                await server.UntilClosedAsync(quit: true);
            },
            message: Octets(text));
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        seen.ShouldBe(DotStuffingTests.Reference(text));
    }
}
