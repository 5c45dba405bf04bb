using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>What a real Redis does to the stream of a running service, and what that makes of it.</summary>
public sealed class StreamFaultTests
{
    private const string Anew = "has begun anew or lost its newest entries";

    [Fact]
    [Trait("Requirement", "D14")]
    public async Task A_server_that_lost_the_last_second_with_its_machine_is_told_and_each_command_counts_once()
    {
        await using var redis = await TestRedis.Create(settings: "appendfsync everysec");
        await using var world = await World.Start(redis.Settings());
        await world.Take(redis, 0, 4);
        var durable = redis.LogLength;
        await world.Take(redis, 5, 7);

        await redis.Kill();
        redis.LoseLogAfter(durable);
        await redis.Start();

        await world.ShouldTell(Anew);
        await world.Take(redis, 5, 8);
        await world.ShouldHaveSentEachOnce(9, resets: 1, "stream_reset");
    }

    [Fact]
    [Trait("Requirement", "D14")]
    [Trait("Requirement", "D26")]
    public async Task A_failover_to_a_replica_that_lagged_is_told_and_each_command_counts_once()
    {
        await using var master = await TestRedis.Create(settings: "repl-diskless-sync-delay 0");
        await using var replica = await TestRedis.Create();
        await replica.Cli("CONFIG", "SET", "masterauth", master.Password);
        await replica.Cli("ACL", "SETUSER", "default", $">{master.Password}");
        await replica.Cli("REPLICAOF", "127.0.0.1", $"{master.Port}");
        await using var world = await World.Start([.. master.Settings(), ("MAIL_REDIS_REPLICA_ADDRS", $"127.0.0.1:{replica.Port}")]);
        await world.Take(master, 0, 2);
        await Eventually.True(async () => await replica.Cli("XLEN", TestCommand.Stream) == "3", "the replica to have the first commands");
        await replica.Cli("REPLICAOF", "NO", "ONE");
        await world.Take(master, 3, 4);

        await master.Kill();

        await world.ShouldTell(Anew);
        await world.Take(replica, 3, 5);
        await world.ShouldHaveSentEachOnce(6, resets: 1, "stream_reset");
    }

    [Fact]
    public async Task While_a_server_loads_its_data_the_stream_waits_and_mail_over_HTTP_does_not()
    {
        // A log that takes two seconds to load, in which the server looks at its connections every 1,024 writes.
        await using var redis = await TestRedis.Create(settings: ["key-load-delay 500"]);
        await redis.Cli("EVAL", "for n = 1, 4000 do redis.call('SET', 'key' .. n, n) end", "0");
        await using var world = await World.Start([.. redis.Settings(), ("MAIL_LOG_LEVEL", "debug"), ("MAIL_REDIS_OPERATION_TIMEOUT", "3s")]);
        await world.Take(redis, 0, 0);

        await redis.Kill();
        var loading = redis.Start();
        await world.ShouldTell("still loading its data");
        await world.Service.Until(await world.Service.Accept(TestMail.To("meanwhile@example.test")), "sent");
        await loading;

        await world.Take(redis, 1, 1);
        await world.Sink.Ledger.WaitForMails(3);
    }

    [Theory]
    [InlineData("OOM")]
    [InlineData("MISCONF")]
    public async Task A_server_that_takes_no_writes_is_read_to_its_end_also_over_new_connections(string error)
    {
        await using var redis = await TestRedis.Create();
        await using var world = await World.Start(redis.Settings());
        await world.Take(redis, 0, 0);
        world.Service.Pause();
        for (var number = 1; number <= 3; number++)
        {
            await redis.Add(TestCommand.Numbered(number));
        }

        await (error == "OOM" ? redis.Cli("CONFIG", "SET", "maxmemory", "1") : ForbidWrites(redis));
        (await Should.ThrowAsync<InvalidOperationException>(redis.Add(TestCommand.Numbered(4)))).Message.ShouldContain(error);
        await redis.Cli("CLIENT", "KILL", "TYPE", "normal");
        world.Service.Resume();

        await world.Service.UntilTaken(TestCommand.Id(3), "sent");
        await (error == "OOM" ? redis.Cli("CONFIG", "SET", "maxmemory", "0") : redis.Cli("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"));
        await world.Take(redis, 4, 4);
        await world.ShouldHaveSentEachOnce(5, resets: 0);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public async Task Ids_that_jump_with_the_servers_clock_to_their_last_are_followed_across_a_restart()
    {
        const string Last = "18446744073709551615";
        await using var redis = await TestRedis.Create();
        await using var world = await World.Start(redis.Settings());
        await world.Take(redis, 0, 0);

        // The clock of a server that is far ahead; set right again it goes on counting from there.
        await redis.Cli(["XADD", TestCommand.Stream, $"{Last}-7", .. TestCommand.Numbered(1)]);
        (await redis.Add(TestCommand.Numbered(2))).ShouldBe($"{Last}-8");
        await world.Service.UntilTaken(TestCommand.Id(2), "sent");
        await world.Service.Kill9();
        (await redis.Add(TestCommand.Numbered(3))).ShouldBe($"{Last}-9");
        await world.Service.Restart();

        await world.Service.UntilTaken(TestCommand.Id(3), "sent");
        await world.ShouldHaveSentEachOnce(4, resets: 0);
        (await world.Store.Rows("SELECT offset_id, entries FROM streams")).ShouldHaveSingleItem().ShouldBe([$"{Last}-9", "4"]);
    }

    /// <summary>A folder stands where it would save to, and it forbids writes after it failed to save.</summary>
    private static async Task ForbidWrites(TestRedis redis)
    {
        Directory.CreateDirectory(Path.Combine(redis.Folder, "dump.rdb"));
        await redis.Cli("CONFIG", "SET", "save", "3600 1");
        await redis.Cli("BGSAVE");
        await Eventually.True(async () => (await redis.Cli("INFO", "persistence")).Contains("rdb_last_bgsave_status:err", StringComparison.Ordinal), "the server to fail to save");
    }

    private sealed record World(TestStore Store, LedgerSink Sink, RunningMailroom Service) : IAsyncDisposable
    {
        public static async Task<World> Start((string Name, string Value)[] settings)
        {
            var store = await TestStore.Create(TestStore.Sqlite);
            var sink = LedgerSink.Start();
            return new(store, sink, await RunningMailroom.Start(store, sink.Port, settings));
        }

        /// <summary>Adds commands and waits until each has been sent, perhaps earlier.</summary>
        public async Task Take(TestRedis redis, int first, int last)
        {
            for (var number = first; number <= last; number++)
            {
                await redis.Add(TestCommand.Numbered(number));
            }

            for (var number = first; number <= last; number++)
            {
                await Service.UntilTaken(TestCommand.Id(number), "sent");
            }
        }

        public Task ShouldTell(string text) => Deadline.In().Wait(
            Service.Log.Line(line => line.Contains(text, StringComparison.Ordinal)), $"the log to say: {text}", () => Service.Log.Tail(20));

        public async Task ShouldHaveSentEachOnce(int commands, int resets, params string[] recorded)
        {
            Sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(Enumerable.Range(0, commands).Select(TestCommand.Recipient).Order());
            (await Store.Count("SELECT count(*) FROM deliveries")).ShouldBe(commands);
            (await Store.Rows("SELECT failure_code FROM malformed_commands")).Select(row => row[0]).ShouldBe(recorded);
            (await Store.Rows("SELECT gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe(["0", $"{resets}"]);
        }

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            await Sink.DisposeAsync();
            await Store.DisposeAsync();
        }
    }
}
