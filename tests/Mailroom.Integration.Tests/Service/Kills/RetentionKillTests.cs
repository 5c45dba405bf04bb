using System.Globalization;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Kills;

public sealed class RetentionKillSqliteTests() : RetentionKillTests(TestStore.Sqlite);

public sealed class RetentionKillPostgresTests() : RetentionKillTests(TestStore.Postgres);

/// <summary>The kill matrix of retention: what is deleted goes whole, with all that belongs to it, or stays whole.</summary>
public abstract class RetentionKillTests(string kind)
{
    private const int Mails = 4;

    /// <summary>Some of a batch's rows are gone within the transaction, and some are not.</summary>
    private const string InTheMiddle = "sqlite deliveries_forget";

    private static readonly string[] Belongings = ["delivery_recipients", "delivery_payloads", "delivery_events", "attempts"];

    private static readonly (string Name, string Value)[] AtOnce = [("MAIL_DELIVERY_RETENTION", "1s"), ("MAIL_CLEANUP_INTERVAL", "1s")];

    [Theory]
    [InlineData(InTheMiddle)]
    [InlineData("after deletion")]
    [Trait("Requirement", "D22")]
    public async Task A_batch_is_deleted_whole_or_not_at_all(string point)
    {
        await using var database = await TestPostgres.Create();
        await using var store = kind == TestStore.Postgres ? TestStore.On(database) : await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        if (point == InTheMiddle && kind == TestStore.Postgres)
        {
            await DieInTheMiddle(database, store, sink);
        }
        else
        {
            await using var first = await RunningMailroom.StartToDie(store, sink.Port, point, point == InTheMiddle ? 2 : 1, AtOnce);
            await Send(first, sink);
            await first.Died();
        }

        var left = await store.Count("SELECT count(*) FROM deliveries");
        left.ShouldBeInRange(1, point == InTheMiddle ? 1 + Mails : Mails);
        foreach (var table in Belongings)
        {
            (await store.Count($"SELECT count(*) FROM {table} WHERE delivery_id NOT IN (SELECT delivery_id FROM deliveries)")).ShouldBe(0, table);
        }

        (await store.Count("SELECT count(*) FROM deliveries d WHERE EXISTS (SELECT 1 FROM delivery_payloads p WHERE p.delivery_id = d.delivery_id)")).ShouldBe(left);
        await using var second = await RunningMailroom.Start(store, sink.Port, AtOnce);
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries") == 1, "what was left to be deleted", detail: () => second.Log.Tail());
        (await store.Rows("SELECT status FROM deliveries")).ShouldHaveSingleItem().ShouldBe(["scheduled"]);
        sink.Ledger.Count.ShouldBe(Mails);
    }

    /// <summary>A lock on what belongs to the deliveries holds the deletion after its first rows, and the process is killed from outside.</summary>
    private static async Task DieInTheMiddle(TestPostgres database, TestStore store, LedgerSink sink)
    {
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. AtOnce, ("MAIL_POSTGRES_OPERATION_TIMEOUT", "1m")]);
        await Send(service, sink);
        await using var held = await HeldTable.Lock(database, "mail.dead_letters");
        await held.WaitForWaiting(1);
        await service.Kill9();
        await held.Release();
    }

    private static async Task Send(RunningMailroom service, LedgerSink sink)
    {
        await service.Accept(new
        {
            from = "a@example.com",
            to = "later@example.test",
            subject = "Later",
            text = "Later",
            scheduled_at = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        });
        foreach (var to in Enumerable.Range(0, Mails))
        {
            await service.Accept(TestMail.To($"r{to}@example.test"));
        }

        await sink.Ledger.WaitForMails(Mails);
    }
}
