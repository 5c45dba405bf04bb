using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpPoolTests
{
    private static Func<ScriptedSession, Task> Takes(int mails, bool quit = true) => async server =>
    {
        await server.GreetAsync();
        for (var i = 0; i < mails; i++)
        {
            await server.TakeMailAsync();
        }
        await server.UntilClosedAsync(quit);
    };

    [Fact]
    public async Task A_warm_connection_carries_the_next_mail()
    {
        await using var server = new ScriptedServer(Takes(3));
        await using var pool = Pool(server);
        for (var i = 0; i < 3; i++)
        {
            var result = await pool.SendAsync(Envelope(), Message);
            result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
            result.ConnectionReused.ShouldBe(i > 0);
            pool.IdleConnections.ShouldBe(1);
            pool.BusyConnections.ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_connection_that_has_carried_its_share_says_goodbye()
    {
        await using var server = new ScriptedServer(Takes(2), Takes(1));
        await using var pool = Pool(server, with: settings => settings with { MaxMailsPerConnection = 2 });
        for (var i = 0; i < 3; i++)
        {
            (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        }
    }

    [Theory]
    [InlineData("MaxIdle")]
    [InlineData("MaxAge")]
    public async Task A_connection_that_is_too_old_or_idle_is_closed_by_the_clock(string limit)
    {
        var time = new ManualTimeProvider();
        var closed = new TaskCompletionSource();
        await using var server = new ScriptedServer(
            async session =>
            {
                await Takes(1)(session);
                closed.SetResult();
            },
            Takes(1));
        await using var pool = Pool(server, time, settings => limit == "MaxIdle"
            ? settings with { MaxIdle = TimeSpan.FromSeconds(30) }
            : settings with { MaxIdle = TimeSpan.FromHours(1), MaxAge = TimeSpan.FromMinutes(60) });
        (await pool.SendAsync(Envelope(), Message)).ConnectionReused.ShouldBeFalse();
        time.Advance(limit == "MaxIdle" ? TimeSpan.FromSeconds(30) : TimeSpan.FromMinutes(60));
        await closed.Task.WaitAsync(ScriptedServer.Patience);
        (await pool.SendAsync(Envelope(), Message)).ConnectionReused.ShouldBeFalse();
    }

    [Theory]
    [InlineData("close")]
    [InlineData("reset")]
    [InlineData("421 4.4.2 idle too long\r\n")]
    public async Task A_server_that_gave_up_the_idle_connection_is_not_noticed_by_the_caller(string how)
    {
        await using var server = new ScriptedServer(
            async session =>
            {
                await session.GreetAsync();
                await session.TakeMailAsync();
                // The goodbye arrives while the connection is idle, or crosses with the next MAIL: both must pass.
                await (how == "close" ? session.CloseAsync().AsTask() : how == "reset" ? session.ResetAsync().AsTask() : session.SendAsync(how));
                await (how[0] == '4' ? session.DrainAsync() : Task.CompletedTask);
            },
            Takes(1));
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        var second = await pool.SendAsync(Envelope(), Message);
        second.Outcome.ShouldBe(SmtpOutcome.Accepted, second.Conversation.ToString());
        second.ConnectionReused.ShouldBeFalse();
    }

    [Theory]
    [InlineData("421 4.4.2 idle too long\r\n")]
    [InlineData("")]
    public async Task A_reused_connection_given_up_at_MAIL_is_replaced_once_within_the_send(string answer)
    {
        await using var server = new ScriptedServer(
            async session =>
            {
                await session.GreetAsync();
                await session.TakeMailAsync();
                await session.ExpectAsync(ScriptedSession.Envelope);
                await session.SendAsync(answer);
            },
            Takes(1));
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        var second = await pool.SendAsync(Envelope(), Message);
        second.Outcome.ShouldBe(SmtpOutcome.Accepted, second.Conversation.ToString());
        second.Conversation.ToString().ShouldContain("opening another");
    }

    [Fact]
    public async Task The_replacement_is_tried_once_only()
    {
        await using var server = new ScriptedServer(
            async session =>
            {
                await session.GreetAsync();
                await session.TakeMailAsync();
                await session.ExpectAsync(ScriptedSession.Envelope);
            },
            async session =>
            {
                await session.GreetAsync();
                await session.ExpectAsync(ScriptedSession.Envelope);
            });
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.ConnectionLost);
    }

    [Fact]
    public async Task A_reused_connection_lost_after_MAIL_was_answered_is_told()
    {
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.TakeMailAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            await session.SendAsync("250 ok\r\n");
        });
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.ConnectionLost);
    }

    [Theory]
    [InlineData("421 4.3.2 closing\r\n")]
    [InlineData("500 what\r\n")]
    public async Task A_refused_RSET_drops_the_connection_and_the_mail_goes_over_another(string reply)
    {
        await using var server = new ScriptedServer(
            async session =>
            {
                await session.GreetAsync();
                await session.ExpectAsync(ScriptedSession.Envelope);
                await session.SendAsync("250 ok\r\n550 5.1.1 unknown\r\n503 none\r\n");
                await session.ExpectAsync("RSET\r\n" + ScriptedSession.Envelope);
                await session.SendAsync(reply);
                await session.UntilClosedAsync();
            },
            Takes(1));
        await using var pool = Pool(server);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Rejected);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
    }

    [Fact]
    [Trait("Requirement", "C27")]
    public async Task A_stalled_server_holds_only_its_own_slot()
    {
        var time = new ManualTimeProvider();
        var stalled = new TaskCompletionSource();
        await using var server = new ScriptedServer(
            async session =>
            {
                await session.GreetAsync();
                await session.ExpectAsync(ScriptedSession.Envelope);
                stalled.SetResult();
                await session.UntilClosedAsync();
            },
            Takes(5));
        await using var pool = Pool(server, time, settings => settings with { MaxConnections = 2 });
        var stuck = pool.SendAsync(Envelope(), Message).AsTask();
        await stalled.Task.WaitAsync(ScriptedServer.Patience);
        for (var i = 0; i < 5; i++)
        {
            (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        }
        stuck.IsCompleted.ShouldBeFalse();
        await time.UntilArmedAsync(Deadlines.Mail);
        time.Advance(Deadlines.Mail);
        (await stuck).Outcome.ShouldBe(SmtpOutcome.TimedOut);
    }

    [Fact]
    public async Task A_send_that_finds_no_free_connection_waits_no_longer_than_its_whole_deadline()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            asked.SetResult();
            await session.UntilClosedAsync();
        });
        await using var pool = Pool(server, time, settings => settings with { MaxWaiting = 1, Deadlines = Deadlines with { Whole = TimeSpan.FromSeconds(50) } });
        var first = pool.SendAsync(Envelope(), Message).AsTask();
        await asked.Task.WaitAsync(ScriptedServer.Patience);
        var second = pool.SendAsync(Envelope(), Message).AsTask();

        var third = await pool.SendAsync(Envelope(), Message);
        third.Outcome.ShouldBe(SmtpOutcome.TimedOut);
        third.Phase.ShouldBe(SmtpPhase.WaitingForConnection);
        third.Detail.ShouldContain("already waiting");

        time.Advance(TimeSpan.FromSeconds(50));
        (await first).Outcome.ShouldBe(SmtpOutcome.TimedOut);
        // Both end in this moment: the second may just have got the slot, and has no time left to use it.
        var late = await second;
        late.Outcome.ShouldBe(SmtpOutcome.TimedOut);
        late.Phase.ShouldBeOneOf(SmtpPhase.WaitingForConnection, SmtpPhase.Connect);
    }

    [Fact]
    public async Task Disposing_waits_for_the_mail_under_way_and_says_goodbye()
    {
        var asked = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.ExpectAsync(ScriptedSession.Envelope);
            asked.SetResult();
            await release.Task;
            await session.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await session.ReadMessageAsync();
            await session.SendAsync("250 taken\r\n");
            await session.UntilClosedAsync(quit: true);
        });
        var pool = Pool(server);
        var send = pool.SendAsync(Envelope(), Message).AsTask();
        await asked.Task.WaitAsync(ScriptedServer.Patience);
        var disposing = pool.DisposeAsync().AsTask();
        disposing.IsCompleted.ShouldBeFalse();
        Should.Throw<ObjectDisposedException>(() => pool.SendAsync(Envelope(), Message).AsTask());
        release.SetResult();
        (await send).Outcome.ShouldBe(SmtpOutcome.Accepted);
        await disposing.WaitAsync(ScriptedServer.Patience);
    }

    [Fact]
    public async Task A_goodbye_that_is_not_answered_is_bounded()
    {
        var time = new ManualTimeProvider();
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.TakeMailAsync();
            await session.ExpectAsync("QUIT\r\n");
            await session.UntilClosedAsync();
        });
        var pool = Pool(server, time);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        var disposing = pool.DisposeAsync().AsTask();
        await time.UntilArmedAsync(Deadlines.Quit);
        time.Advance(Deadlines.Quit);
        await disposing.WaitAsync(ScriptedServer.Patience);
    }

    [Fact]
    public async Task Many_senders_share_few_connections_and_every_mail_arrives_once()
    {
        const int mails = 200;
        var taken = 0;
        Func<ScriptedSession, Task> takeAll = async session =>
        {
            await session.GreetAsync();
            while (await session.TryTakeMailAsync())
            {
                Interlocked.Increment(ref taken);
            }
        };
        await using (var server = new ScriptedServer(takeAll, takeAll, takeAll, takeAll))
        {
            await using var pool = Pool(server, with: settings => settings with { MaxConnections = 4 });
            var results = await Task.WhenAll(Enumerable.Range(0, mails).Select(_ => pool.SendAsync(Envelope(), Message).AsTask()));
            results.ShouldAllBe(result => result.Outcome == SmtpOutcome.Accepted);
        }
        taken.ShouldBe(mails);
    }
}
