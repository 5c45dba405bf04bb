using System.Collections.Concurrent;
using System.Globalization;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>The wall clock of the service's machine jumps. All times are UTC, so that neither time zones nor their changes are seen.</summary>
[Collection(AloneCollection.Name)]
public sealed class ClockTests(ITestOutputHelper output)
{
    private const int Limit = 5;
    private const int Mails = 8;

    /// <summary>A retry's own wait, the scan's repair after a step back, and a machine that does other things too.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(TestStore.Sqlite, 3_600)]
    [InlineData(TestStore.Sqlite, -3_600)]
    [InlineData(TestStore.Postgres, 86_400)]
    [InlineData(TestStore.Postgres, -86_400)]
    public async Task A_clock_that_jumps_costs_no_mail_doubles_none_and_breaks_no_limit(string kind, int seconds)
    {
        var calls = new CallLog();
        var refuseOnce = new ConcurrentDictionary<string, bool>();
        using var clock = new ShiftedClock();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Sender = calls.Note,
            Recipient = to => to.StartsWith("later", StringComparison.Ordinal) && refuseOnce.TryAdd(to, true) ? "451 4.2.1 Try again later" : null,
            StallBeforeData = to => to[0] == "slow@example.test",
        });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. clock.Settings, ("MAIL_RETRY_LADDER", "2s,2s"), ("MAIL_SMTP_TIMEOUT", "1m")]);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", Limit);
        await service.Until(await acme.Accept("ada@example.test"), "sent");
        var keyed = await service.Accept(TestMail.To("keyed@example.test"), "order-4711");
        await service.Until(keyed, "sent");

        // Under way, and waiting for its retry, while the clock jumps.
        var slow = await service.Accept(TestMail.To("slow@example.test"));
        await sink.WaitForStalled(1);
        var waiting = await service.Accept(TestMail.To("later-before@example.test"));
        await Eventually.True(async () => (await service.Attempts(waiting)) is [var first, ..] && first.GetProperty("status").GetString() == "transport_failed", "the first attempt to fail");
        clock.Set(TimeSpan.FromSeconds(seconds));

        // New mail of all kinds flows as before.
        await Task.WhenAll(Enumerable.Range(0, Mails).Select(_ => acme.Accept("ada@example.test")));
        var retried = await service.Accept(TestMail.To("later-after@example.test"));
        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent", Soon);
        await service.Until(retried, "sent", Soon);
        await calls.WaitFor(acme.Sender, 1 + Mails, () => service.Log.Tail(), Soon);
        output.WriteLine($"{kind}, {seconds} s: most in a second {calls.MostInASecond(acme.Sender)}");
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(Limit);

        // The same key is known, and the mail under way is neither given up nor sent twice.
        (await service.Accept(TestMail.To("keyed@example.test"), "order-4711")).ShouldBe(keyed);
        (await service.Until(slow, "sending")).GetProperty("attempts_made").GetInt32().ShouldBe(0);
        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await service.Until(slow, "sent");

        // A retry has its time by the clock of the store: PostgreSQL's did not jump. With SQLite it is this machine's: after a step forward the retry is
        // due, after a step back it waits for the clock to come to it.
        if (seconds < 0 && kind == TestStore.Sqlite)
        {
            await service.Until(waiting, "queued");
            clock.Set(TimeSpan.Zero);
        }

        await service.Until(waiting, "sent", Soon);
        (await service.Attempts(slow)).Count.ShouldBe(1);
        sink.Ledger.Duplicates().ShouldBeEmpty();
        (await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'")).ShouldBe(Mails + 6);
        (await store.Count("SELECT count(*) FROM attempts WHERE status NOT IN ('provider_accepted', 'transport_failed')")).ShouldBe(0);
        service.Log.Lines.ShouldNotContain(line => line.Contains(" fail: ", StringComparison.Ordinal), service.Log.Tail());
    }

    [Theory]
    [InlineData(-3_600)]
    [InlineData(-86_400)]
    [InlineData(86_400)]
    public async Task A_process_that_dies_and_starts_again_by_another_clock_takes_up_what_was_under_way_and_waits_for_no_window_of_the_old_clock(int seconds)
    {
        var calls = new CallLog();
        using var clock = new ShiftedClock();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note, Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. clock.Settings, ("MAIL_SMTP_TIMEOUT", "1m")]);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", Limit);
        var id = await acme.Accept("ada@example.test");
        await sink.WaitForStalled(1);
        await service.Kill9();

        clock.Set(TimeSpan.FromSeconds(seconds));
        sink.Faults = new LedgerFaults { Sender = calls.Note };
        await service.Restart();
        await service.Until(id, "sent", Soon);
        var next = await acme.Accept("ada@example.test");
        await service.Until(next, "sent", Soon);

        (await service.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["uncertain", "provider_accepted"]);
        sink.Ledger.CountOf(TestMail.MessageId(id)).ShouldBe(1);
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(Limit);
    }

    [Fact]
    public async Task A_mail_that_is_scheduled_goes_when_the_clock_comes_to_its_time_by_a_jump_too()
    {
        using var clock = new ShiftedClock();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, clock.Settings);
        var scheduled = await service.Accept(new
        {
            from = "a@example.com",
            to = "ada@example.test",
            subject = "Later",
            text = "Later",
            scheduled_at = DateTimeOffset.UtcNow.AddMinutes(59).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        });
        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent");
        await service.Until(scheduled, "scheduled");

        clock.Set(TimeSpan.FromHours(1));

        await service.Until(scheduled, "sent", Soon);
        sink.Ledger.Count.ShouldBe(2);
    }
}
