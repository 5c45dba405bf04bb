using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>What a killed process leaves, beside the points of one mail's way (<see cref="Kills.MailKillTests"/>).</summary>
public sealed class CrashPointTests
{
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
