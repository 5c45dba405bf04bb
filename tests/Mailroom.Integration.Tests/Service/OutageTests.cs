using System.Net;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>The database goes away under the running service and comes back.</summary>
[Collection(AloneCollection.Name)]
public sealed class OutageTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task While_the_database_is_down_mail_is_refused_with_Retry_After_and_flows_again_by_itself()
    {
        await using var server = await PostgresServer.Create();
        await using var store = TestStore.On(server);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var before = await service.Accept(TestMail.To("before@example.test"));
        await sink.WaitForStalled(1);

        await server.StopFast();

        await Eventually.True(async () => !await service.IsReady(), "the service to say that it is not ready");
        await Eventually.True(
            async () =>
            {
                using var response = await service.Post(TestMail.To("while@example.test"), "while");
                return response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter?.Delta > TimeSpan.Zero;
            },
            "mail to be refused with 503 and Retry-After",
            detail: () => service.Log.Tail(20));

        // The next hop accepts the mail while its outcome cannot be stored.
        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await sink.Ledger.WaitForMails(1);
        await server.Start();

        await Eventually.True(service.IsReady, "the service to be ready again", detail: () => service.Log.Tail(20));
        await service.Until(before, "sent");
        await service.Until(await service.Accept(TestMail.To("while@example.test"), "while"), "sent");
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).ShouldBe(["before@example.test", "while@example.test"]);
    }

    [Fact]
    [Trait("Requirement", "C46")]
    public async Task While_Redis_is_down_mail_is_taken_and_sent_and_the_service_stops_in_order()
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, ("MAIL_REDIS_MASTER_ADDR", $"127.0.0.1:{redis.Port}"), ("MAIL_REDIS_PASSWORD", redis.Password));
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

        await redis.Kill();

        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("redis: connection lost", StringComparison.Ordinal)), "the loss of Redis to be told", () => service.Log.Tail());
        for (var i = 0; i < 20; i++)
        {
            await service.Until(await service.Accept(TestMail.To($"while{i}@example.test")), "sent");
        }

        (await service.Terminate()).ShouldBe(0);
        sink.Ledger.Count.ShouldBe(21);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_restarts_under_load_costs_no_mail(bool crash)
    {
        const int Mails = 800;
        const int Restarts = 2;
        await using var server = await PostgresServer.Create();
        await using var store = TestStore.On(server);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var clients = new Clients(service, Mails, connections: 16);
        var load = clients.Run();

        for (var restart = 1; restart <= Restarts; restart++)
        {
            await Deadline.In(Patience).Wait(
                Task.WhenAny(clients.HaveAccepted(restart * Mails / 4), load), $"the moment of restart {restart}", () => service.Log.Tail());
            await (crash ? server.StopImmediately() : server.StopFast());
            await server.Start();
        }

        await Deadline.In(Patience).Wait(load, "every mail to be posted", () => service.Log.Tail());
        var books = await Books.Close(store, sink, clients.Accepted, () => service.Log.Tail());

        output.WriteLine($"{(crash ? "immediate" : "fast")}: {books}; refused {clients.Refusals.Count}, broken {clients.Broken}");
        books.ShouldBalance(most: 0);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task The_same_key_and_mail_have_one_effect_across_a_restart_and_another_mail_is_refused(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var id = await service.Accept(TestMail.To("ada@example.test"), "order-4711");
        await service.Until(id, "sent");

        await service.Kill9();
        await service.Restart();

        using var again = await service.Post(TestMail.To("ada@example.test"), "order-4711");
        (await RunningMailroom.IdIn(again)).ShouldBe(id);
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        using var other = await service.Post(TestMail.To("bob@example.test"), "order-4711");
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(1);
        sink.Ledger.Count.ShouldBe(1);
    }
}
