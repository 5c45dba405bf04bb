using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>Two processes on one store.</summary>
public sealed class OwnershipTests
{
    [Fact]
    public async Task A_second_process_on_a_PostgreSQL_store_takes_over_and_the_first_writes_nothing_more()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var first = await RunningMailroom.Start(store, sink.Port);
        await first.Until(await first.Accept(TestMail.To("before@example.test")), "sent");

        await using var second = await RunningMailroom.Start(store, sink.Port);

        (await Deadline.In().Wait(first.Exited, "the first process to stop", () => first.Log.Tail())).ShouldBe(78);
        first.Log.Tail().ShouldContain("another process has taken this node's place, this one stops");
        await second.Until(await second.Accept(TestMail.To("after@example.test")), "sent");
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(2);
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).ShouldBe(["before@example.test", "after@example.test"]);
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_process_that_was_paused_while_another_took_over_records_nothing_when_it_goes_on()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var first = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_TIMEOUT", "1m"));
        var id = await first.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);
        first.Pause();

        sink.Faults = LedgerFaults.None;
        await using var second = await RunningMailroom.Start(store, sink.Port);
        await second.Until(id, "sent");
        first.Resume();
        sink.ReleaseStalled();

        await Deadline.In().Wait(
            first.Log.Line(line => line.Contains("another process has taken this node's place", StringComparison.Ordinal)), "the first process to say that it was replaced", () => first.Log.Tail());
        (await second.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["uncertain", "provider_accepted"]);
        sink.Ledger.CountOf(TestMail.MessageId(id)).ShouldBe(2);
    }

    [Fact]
    public async Task A_second_process_on_a_SQLite_file_does_not_start_and_the_first_goes_on()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var first = await RunningMailroom.Start(store, sink.Port);

        var refused = await RefusedStart.Of(MailroomEnvironment.Of(store, sink.Port));

        refused.ShouldSay("in use by another process");
        await first.Until(await first.Accept(TestMail.To("ada@example.test")), "sent");
    }

    [Fact]
    public async Task A_SQLite_file_is_free_again_once_its_process_was_killed()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);

        await service.Kill9();
        await service.Restart();

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
    }
}
