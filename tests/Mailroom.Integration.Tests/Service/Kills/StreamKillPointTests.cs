using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Kills;

public sealed class StreamKillPointSqliteTests() : StreamKillPointTests(TestStore.Sqlite);

public sealed class StreamKillPointPostgresTests() : StreamKillPointTests(TestStore.Postgres);

/// <summary>The kill matrix of the intake from the command stream: one batch of commands, repeats and entries that cannot be read.</summary>
public abstract class StreamKillPointTests(string kind)
{
    /// <summary>In the middle of the batch: its deliveries are written and its records of what was refused are not.</summary>
    private const string InTheMiddle = "sqlite INSERT INTO malformed_commands";

    /// <summary>The fourth repeats the first; the second and the fifth cannot be read; the sixth takes the first one's key for another mail.</summary>
    private static readonly string[][] Entries =
    [
        TestCommand.Rendered("mail-1", "s1@example.test"),
        ["delivery_id", "mail-2", "source", "notification"],
        TestCommand.Rendered("mail-3", "s3@example.test"),
        TestCommand.Rendered("mail-1", "s1@example.test"),
        TestCommand.Of("mail-5", "rendered", new { to = "nobody" }),
        [.. TestCommand.Rendered("mail-6", "s6@example.test")[..6], "idempotency_key", "notification:mail-1", .. TestCommand.Rendered("mail-6", "s6@example.test")[8..]],
        TestCommand.Rendered("mail-7", "s7@example.test"),
    ];

    [Theory]
    [InlineData("before stream batch")]
    [InlineData("after stream batch")]
    [InlineData(InTheMiddle)]
    [Trait("Requirement", "D14")]
    public async Task Every_entry_of_a_batch_counts_once_wherever_the_process_dies(string point)
    {
        await using var redis = await TestRedis.Create();
        await using var database = await TestPostgres.Create();
        await using var store = kind == TestStore.Postgres ? TestStore.On(database) : await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        if (point == InTheMiddle && kind == TestStore.Postgres)
        {
            await DieInTheMiddle(redis, database, store, sink.Port);
        }
        else
        {
            await Add(redis);
            await using var first = await RunningMailroom.StartToDie(store, sink.Port, point, 1, redis.Settings());
            await first.Died();
        }

        var taken = point == "after stream batch" ? 3 : 0;
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(taken);
        (await store.Count("SELECT count(*) FROM malformed_commands")).ShouldBe(taken);
        (await store.Count("SELECT count(*) FROM streams")).ShouldBe(taken / 3);
        (await redis.Cli("EXISTS", TestCommand.Stream + ":offset")).ShouldBe("0");

        await using var second = await RunningMailroom.Start(store, sink.Port, redis.Settings());
        await second.UntilTaken("mail-7", "sent");
        await sink.Ledger.WaitForMails(3);

        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(["s1@example.test", "s3@example.test", "s7@example.test"]);
        (await store.Rows("SELECT delivery_id FROM deliveries ORDER BY delivery_id")).Select(row => row[0]).ShouldBe(["mail-1", "mail-3", "mail-7"]);
        (await store.Rows("SELECT delivery_id, failure_code FROM malformed_commands ORDER BY number")).Select(row => string.Join(' ', row))
            .ShouldBe(["mail-2 invalid_command", "mail-5 invalid_envelope", "mail-6 idempotency_conflict"]);
        (await store.Rows("SELECT status FROM attempts")).ShouldAllBe(row => row[0] == "provider_accepted");
        var position = (await store.Rows("SELECT offset_id, entries, gaps, resets FROM streams")).ShouldHaveSingleItem();
        position[1..].ShouldBe([$"{Entries.Length}", "0", "0"]);
        await Eventually.True(async () => await redis.Cli("GET", TestCommand.Stream + ":offset") == position[0], "the copy of the offset to be the offset");
    }

    /// <summary>A lock holds the batch after its deliveries, and the process is killed from outside.</summary>
    private static async Task DieInTheMiddle(TestRedis redis, TestPostgres database, TestStore store, int smtpPort)
    {
        await using var service = await RunningMailroom.Start(store, smtpPort, [.. redis.Settings(), ("MAIL_POSTGRES_OPERATION_TIMEOUT", "1m")]);
        await using var held = await HeldTable.Lock(database, "mail.malformed_commands");
        await Add(redis);
        await held.WaitForWaiting(1);
        await service.Kill9();
        await held.Release();
    }

    /// <summary>All at once, so that they are one batch.</summary>
    private static Task Add(TestRedis redis) => redis.Cli(
    [
        "EVAL", "for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(ARGV[i]))) end", "1", TestCommand.Stream,
        .. Entries.Select(entry => System.Text.Json.JsonSerializer.Serialize(entry)),
    ]);
}
