using System.Diagnostics;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>SIGTERM.</summary>
[Collection(AloneCollection.Name)]
public sealed class ShutdownTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task An_idle_service_is_gone_within_a_second(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        var since = Stopwatch.GetTimestamp();
        (await service.Terminate()).ShouldBe(0);
        var took = Stopwatch.GetElapsedTime(since);

        output.WriteLine($"{kind}: idle shutdown {took.TotalMilliseconds:F0} ms");
        took.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C18")]
    [Trait("Requirement", "C20")]
    public async Task Mail_under_way_is_finished_while_new_connections_are_refused(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        var stopped = service.Terminate();
        foreach (var listener in (string[])["public", "internal"])
        {
            await Deadline.In().Wait(
                service.Log.Line(line => line.Contains($"{listener} HTTP listener: stopped", StringComparison.Ordinal)),
                $"the {listener} listener to close",
                () => service.Log.Tail());
        }

        (await LoopbackPort.Answers(service.Public.Port)).ShouldBeFalse();
        (await LoopbackPort.Answers(service.Internal.Port)).ShouldBeFalse();
        stopped.IsCompleted.ShouldBeFalse();
        sink.ReleaseStalled();

        (await stopped).ShouldBe(0);
        (await store.Rows("SELECT delivery_id, status FROM deliveries")).ShouldHaveSingleItem().ShouldBe([id, "sent"]);
        sink.Ledger.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true, "interrupted", 0)]
    [InlineData(false, "uncertain", 1)]
    [Trait("Requirement", "C19")]
    [Trait("Requirement", "D24")]
    public async Task A_server_that_hangs_does_not_hold_the_exit_and_its_mail_is_sent_after_the_next_start(bool beforeData, string attempt, int counted)
    {
        var timeout = TimeSpan.FromSeconds(3);
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start(beforeData ? new LedgerFaults { StallBeforeData = _ => true } : new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SHUTDOWN_TIMEOUT", "3s"), ("MAIL_SMTP_TIMEOUT", "1m"));
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        var since = Stopwatch.GetTimestamp();
        (await service.Terminate()).ShouldBe(0);
        var took = Stopwatch.GetElapsedTime(since);

        output.WriteLine($"hangs {(beforeData ? "before the data" : "after the dot")}: exit after {took.TotalMilliseconds:F0} ms");
        took.ShouldBeLessThan(timeout + TimeSpan.FromSeconds(1));
        sink.Faults = LedgerFaults.None;
        await service.Restart();
        await service.Until(id, "sent");
        var attempts = await service.Attempts(id);
        attempts.Select(Status).ShouldBe([attempt, "provider_accepted"]);
        attempts[0].GetProperty("counted").GetBoolean().ShouldBe(counted == 1);
        sink.Ledger.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C21")]
    [Trait("Requirement", "C23")]
    public async Task Stopped_in_order_under_load_the_service_neither_loses_nor_repeats_a_mail(string kind)
    {
        const int Mails = 600;
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var clients = new Clients(service, Mails, connections: 16);
        var load = clients.Run();

        for (var stop = 1; stop <= 2; stop++)
        {
            await Deadline.In().Wait(Task.WhenAny(clients.HaveAccepted(stop * Mails / 4), load), $"the moment of stop {stop}", () => service.Log.Tail());
            (await service.Terminate()).ShouldBe(0);
            service.Log.Lines.ShouldNotContain(line => Complains(line), service.Log.Tail());
            (await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sending'")).ShouldBe(0);
            await service.Restart();
        }

        await Deadline.In(TimeSpan.FromMinutes(2)).Wait(load, "every mail to be posted", () => service.Log.Tail());
        var books = await Books.Close(store, sink, clients.Accepted, () => service.Log.Tail());

        output.WriteLine($"{kind}: {books}; refused {clients.Refusals.Count}, broken {clients.Broken}");
        books.ShouldBalance(most: 0);
        books.UncertainAttempts.ShouldBe(0);
    }

    [Fact]
    [Trait("Requirement", "C18")]
    public async Task SIGINT_ends_the_service_in_order_too()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        service.Interrupt();
        await Deadline.In().Wait(service.Log.Line(line => line.Contains("shutdown: started", StringComparison.Ordinal)), "the shutdown to start");
        sink.ReleaseStalled();

        (await Deadline.In().Wait(service.Exited, "the service to end")).ShouldBe(0);
        (await store.Rows("SELECT delivery_id, status FROM deliveries")).ShouldHaveSingleItem().ShouldBe([id, "sent"]);
    }

    [Fact]
    public async Task A_second_signal_changes_nothing()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        var stopped = service.Terminate();
        await Deadline.In().Wait(service.Log.Line(line => line.Contains("shutdown: started", StringComparison.Ordinal)), "the shutdown to start");
        var again = service.Terminate();
        sink.ReleaseStalled();

        (await stopped).ShouldBe(0);
        (await again).ShouldBe(0);
    }

    /// <summary>A warning or an error of a process that lacked nothing.</summary>
    private static bool Complains(string line) =>
        line.Contains(" warn: ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal);

    private static string? Status(JsonElement attempt) => attempt.GetProperty("status").GetString();
}
