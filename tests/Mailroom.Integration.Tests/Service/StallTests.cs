using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

[Collection(AloneCollection.Name)]
public sealed class StallTests
{
    private const int Others = 500;

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C27")]
    public async Task A_server_that_stalls_holds_up_no_other_mail_and_is_tried_again_later(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = recipients => recipients[0].StartsWith("stalled", StringComparison.Ordinal) });
        await using var service = await RunningMailroom.Start(
            store, sink.Port, ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "16"), ("MAIL_SMTP_TIMEOUT", "5s"), ("MAIL_RETRY_LADDER", "1s"));
        string[] stalled = await Task.WhenAll(Enumerable.Range(1, 3).Select(i => service.Accept(TestMail.To($"stalled{i}@example.test"))));
        await sink.WaitForStalled(3);

        await new Clients(service, Others, connections: 16).Run();
        await sink.Ledger.WaitForMails(Others);

        foreach (var id in stalled)
        {
            (await service.ReadInside($"/api/v1/internal/deliveries/{id}")).GetProperty("status").GetString().ShouldBe("sending");
        }

        sink.Faults = LedgerFaults.None;
        foreach (var id in stalled)
        {
            await service.Until(id, "sent");
            (await service.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["timed_out", "provider_accepted"]);
        }

        sink.Ledger.Duplicates().ShouldBeEmpty();
        sink.Ledger.Count.ShouldBe(Others + 3);
    }
}
