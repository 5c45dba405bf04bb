using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>The process dies by SIGKILL at a point of a mail's way that the other end of the connection holds open.</summary>
[Collection(AloneCollection.Name)]
public sealed class CrashPointTests(ITestOutputHelper output)
{
    /// <summary>G8 says 2 s; the rest is for a machine that does other things too.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string, int> Points => new()
    {
        { TestStore.Sqlite, "before the data is asked for", 1 },
        { TestStore.Postgres, "before the data is asked for", 1 },
        { TestStore.Sqlite, "after the final dot, not taken", 1 },
        { TestStore.Postgres, "after the final dot, not taken", 1 },
        { TestStore.Sqlite, "after the final dot, taken", 2 },
        { TestStore.Postgres, "after the final dot, taken", 2 },
    };

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_mail_whose_attempt_the_process_died_in_is_uncertain_and_sent_again_at_once(string kind, string point, int copies)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(point == "before the data is asked for"
            ? new LedgerFaults { StallBeforeData = _ => true }
            : new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_TIMEOUT", "1m"));
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        if (copies == 2)
        {
            // Stands still, so that the server's acknowledgement is on its way and is never read.
            service.Pause();
            sink.ReleaseStalled();
            await sink.Ledger.WaitForMails(1);
        }

        sink.Faults = LedgerFaults.None;
        var kill = await Kill.Strike(service, store);
        await sink.Ledger.WaitForMails(copies);
        await service.Until(id, "sent");

        output.WriteLine($"{kind}, {point}: {kill.Describe(sink)}");
        kill.Interrupted.ShouldBe([TestMail.MessageId(id)]);
        kill.BackOnTheWire(sink).ShouldNotBeNull().ShouldBeLessThan(BackWithin);
        sink.Ledger.CountOf(TestMail.MessageId(id)).ShouldBe(copies);
        sink.Ledger.Count.ShouldBe(copies);
        var attempts = await service.Attempts(id);
        attempts.Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["uncertain", "provider_accepted"]);
        attempts[0].GetProperty("reason").GetString().ShouldBe("process_lost");
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Mails_accepted_while_the_next_hop_was_down_survive_the_process_and_arrive_once(string kind)
    {
        const int Mails = 20;
        await using var store = await TestStore.Create(kind);
        (string, string)[] ladder = [("MAIL_RETRY_LADDER", "1s,1s,1s,1s,1s")];
        await using (var first = await RunningMailroom.Start(store, LoopbackPort.Free(), ladder))
        {
            await Task.WhenAll(Enumerable.Range(0, Mails).Select(i => first.Accept(TestMail.To($"r{i}@example.test"))));
            await first.Kill9();
        }

        await using var sink = LedgerSink.Start();
        await using var second = await RunningMailroom.Start(store, sink.Port, ladder);

        await sink.Ledger.WaitForMails(Mails);
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == Mails, "all mails to be sent");
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(Enumerable.Range(0, Mails).Select(i => $"r{i}@example.test").Order());
    }

    [Theory]
    [InlineData("hold", "uncertain")]
    [InlineData("fail", "failed")]
    public async Task A_mail_that_must_not_arrive_twice_is_not_sent_again_after_a_crash(string policy, string status)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAILROOM_ON_UNCERTAIN", policy));
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        sink.Faults = LedgerFaults.None;
        await Kill.Strike(service, store);

        await service.Until(id, status);
        sink.Ledger.Count.ShouldBe(0);
        (await service.Attempts(id)).ShouldHaveSingleItem().GetProperty("status").GetString().ShouldBe("uncertain");
    }
}
