using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpDeadlineTests
{
    private const string NoPipelining = "250-test\r\n250 SIZE 1000000\r\n";

    public static TheoryData<SmtpPhase, string[]> Stalls => new()
    {
        { SmtpPhase.Greeting, [] },
        { SmtpPhase.Greeting, ["S: 220-drip"] },
        { SmtpPhase.Ehlo, ["S: 220 test\r\n", "C: EHLO client.test\r\n"] },
        { SmtpPhase.Mail, ["S: 220 test\r\n", "C: EHLO client.test\r\n", "S: " + NoPipelining, "C: MAIL FROM:<a@example.com> SIZE=#\r\n"] },
        { SmtpPhase.Rcpt, ["S: 220 test\r\n", "C: EHLO client.test\r\n", "S: " + NoPipelining, "C: MAIL FROM:<a@example.com> SIZE=#\r\n", "S: 250 ok\r\n", "C: RCPT TO:<b@example.com>\r\n"] },
        { SmtpPhase.Data, ["S: 220 test\r\n", "C: EHLO client.test\r\n", "S: " + NoPipelining, "C: MAIL FROM:<a@example.com> SIZE=#\r\n", "S: 250 ok\r\n", "C: RCPT TO:<b@example.com>\r\n", "S: 250 ok\r\n", "C: DATA\r\n"] },
    };

    [Fact]
    public void The_steps_have_the_time_that_RFC_5321_asks_for_and_the_whole_is_shorter()
    {
        var minutes = new[] { SmtpPhase.Greeting, SmtpPhase.Mail, SmtpPhase.Rcpt, SmtpPhase.Data, SmtpPhase.Message, SmtpPhase.FinalDot }
            .Select(phase => new SmtpDeadlines().For(phase).TotalMinutes);
        minutes.ShouldBe([5, 5, 5, 2, 3, 10]);
        new SmtpDeadlines().Whole.ShouldBe(TimeSpan.FromSeconds(15));
    }

    private static async Task StallAsync(ScriptedSession session, string[] lines)
    {
        foreach (var line in lines)
        {
            await (line[0] == 'C' ? session.ExpectAsync(line[3..]) : session.SendAsync(line[3..]));
        }
        await session.UntilClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Stalls))]
    [Trait("Requirement", "C45")]
    public async Task A_phase_that_stalls_ends_at_its_own_deadline_and_is_named(SmtpPhase phase, string[] lines)
    {
        var time = new ManualTimeProvider();
        await using var server = new ScriptedServer(session => StallAsync(session, lines));
        await using var pool = Pool(server, time);
        var send = pool.SendAsync(Envelope(), Message).AsTask();
        await time.UntilArmedAsync(Deadlines.For(phase));
        time.Advance(Deadlines.For(phase) - TimeSpan.FromTicks(1));
        send.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromTicks(1));
        var result = await send.WaitAsync(ScriptedServer.Patience);
        result.Outcome.ShouldBe(SmtpOutcome.TimedOut);
        result.Phase.ShouldBe(phase);
        result.Detail.ShouldContain(phase.ToString());
        result.FinalDotSent.ShouldBeFalse();
    }

    [Fact]
    [Trait("Requirement", "C45")]
    public async Task A_connect_that_goes_nowhere_ends_at_its_deadline()
    {
        var time = new ManualTimeProvider();
        var pool = new SmtpConnectionPool(Settings(25), new BlackHole(), time);
        var send = pool.SendAsync(Envelope(), Message).AsTask();
        time.Advance(Deadlines.Connect);
        var result = await send.WaitAsync(ScriptedServer.Patience);
        result.Outcome.ShouldBe(SmtpOutcome.TimedOut);
        result.Phase.ShouldBe(SmtpPhase.Connect);
        await pool.DisposeAsync();
    }

    [Theory]
    [InlineData(SmtpPhase.StartTls)]
    [InlineData(SmtpPhase.Tls)]
    [InlineData(SmtpPhase.Auth)]
    [Trait("Requirement", "C45")]
    public async Task A_handshake_that_stalls_ends_at_its_deadline(SmtpPhase phase)
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync("250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n");
            if (phase != SmtpPhase.Auth)
            {
                await session.ExpectAsync("STARTTLS\r\n");
            }
            if (phase == SmtpPhase.Tls)
            {
                await session.SendAsync("220 go\r\n");
                await session.ReadAsync(5);
            }
            asked.SetResult();
            await session.DrainAsync();
        });
        await using var pool = Pool(server, time, settings => settings with
        {
            Security = phase == SmtpPhase.Auth ? SmtpSecurity.None : SmtpSecurity.StartTls,
            Credentials = SmtpCredentials.Password("user", "secret"),
            AllowCleartextAuthentication = true,
        });
        var send = pool.SendAsync(Envelope(), Message).AsTask();
        await asked.Task.WaitAsync(ScriptedServer.Patience);
        await time.UntilArmedAsync(Deadlines.For(phase));
        time.Advance(Deadlines.For(phase));
        var result = await send.WaitAsync(ScriptedServer.Patience);
        result.Outcome.ShouldBe(SmtpOutcome.TimedOut);
        result.Phase.ShouldBe(phase);
    }

    [Fact]
    public async Task A_server_that_stops_reading_a_large_message_ends_at_the_block_deadline_with_certainty()
    {
        var time = new ManualTimeProvider();
        var large = new byte[32 * 1024 * 1024];
        Array.Fill(large, (byte)'x');
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync("250-t\r\n250 PIPELINING\r\n");
            await session.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
            await session.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await time.UntilArmedAsync(Deadlines.DataBlock);
            // Blocks that the kernel still takes arm the timer anew; the clock stands, so the deadline stays where it is.
            time.Advance(Deadlines.DataBlock);
            await session.DrainAsync();
        });
        await using var pool = Pool(server, time, settings => settings with { Deadlines = Deadlines with { Whole = Deadlines.DataBlock } });
        var result = await pool.SendAsync(Envelope(), large).AsTask().WaitAsync(ScriptedServer.Patience);
        result.Outcome.ShouldBe(SmtpOutcome.TimedOut, result.Detail);
        result.Phase.ShouldBe(SmtpPhase.Message);
        result.FinalDotSent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_final_reply_that_does_not_come_in_time_is_uncertain_and_a_late_one_is_never_read()
    {
        var time = new ManualTimeProvider();
        var result = await FinalDotAsync(time, Deadlines.FinalDot, settings => settings);
        result.Outcome.ShouldBe(SmtpOutcome.Uncertain);
        result.Phase.ShouldBe(SmtpPhase.FinalDot);
        result.Detail.ShouldContain("110 s");
    }

    [Fact]
    public async Task The_whole_deadline_also_ends_the_wait_for_the_final_reply()
    {
        var time = new ManualTimeProvider();
        var whole = TimeSpan.FromSeconds(15);
        var result = await FinalDotAsync(time, whole, settings => settings with { Deadlines = Deadlines with { Whole = whole } });
        result.Outcome.ShouldBe(SmtpOutcome.Uncertain);
        result.Detail.ShouldContain("whole");
    }

    private static async Task<SmtpResult> FinalDotAsync(ManualTimeProvider time, TimeSpan due, Func<SmtpSettings, SmtpSettings> with)
    {
        var read = new TaskCompletionSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            await session.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await session.ReadMessageAsync();
            read.SetResult();
            await session.UntilClosedAsync();
        });
        await using var pool = Pool(server, time, with);
        var send = pool.SendAsync(Envelope(), Message).AsTask();
        await read.Task.WaitAsync(ScriptedServer.Patience);
        await time.UntilArmedAsync(due);
        time.Advance(due);
        return await send.WaitAsync(ScriptedServer.Patience);
    }

    [Fact]
    public async Task The_caller_can_cancel_before_the_final_dot()
    {
        using var cancel = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            asked.SetResult();
            await session.UntilClosedAsync();
        });
        await using var pool = Pool(server);
        var send = pool.SendAsync(Envelope(), Message, cancel.Token).AsTask();
        await asked.Task.WaitAsync(ScriptedServer.Patience);
        await cancel.CancelAsync();
        var thrown = await Should.ThrowAsync<OperationCanceledException>(send);
        thrown.CancellationToken.ShouldBe(cancel.Token);
        pool.BusyConnections.ShouldBe(0);
        pool.IdleConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_cancellation_after_the_final_dot_waits_for_the_reply()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            await session.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await session.ReadMessageAsync();
            await cancel.CancelAsync();
            await session.SendAsync("250 taken\r\n");
            // The connection is as good as any other: the cancellation did not touch it.
            await session.TakeMailAsync();
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message, cancel.Token)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        (await pool.SendAsync(Envelope(), Message, CancellationToken.None)).ConnectionReused.ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_may_idle_past_the_deadlines_of_a_send()
    {
        var time = new ManualTimeProvider();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.TakeMailAsync();
            await session.TakeMailAsync();
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = Pool(server, time);
        await pool.SendAsync(Envelope(), Message);
        time.Advance(TimeSpan.FromSeconds(1500));
        (await pool.SendAsync(Envelope(), Message)).ConnectionReused.ShouldBeTrue();
    }

    /// <summary>A network that swallows every SYN.</summary>
    private sealed class BlackHole : ISmtpNetwork
    {
        public ValueTask<IReadOnlyList<System.Net.IPAddress>> ResolveAsync(string host, CancellationToken cancel) => new([System.Net.IPAddress.Loopback]);

        public async ValueTask<SmtpWire> ConnectAsync(System.Net.IPEndPoint remote, CancellationToken cancel)
        {
            var never = new TaskCompletionSource<SmtpWire>();
            return await never.Task.WaitAsync(cancel);
        }
    }
}
