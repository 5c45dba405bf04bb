using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>A master and a replica, and what becomes of the client when they change places.</summary>
public sealed class RedisFailoverTests
{
    [Fact]
    [Trait("Requirement", "D26")]
    public async Task When_the_master_dies_the_promoted_replica_is_used()
    {
        await using var pair = await Pair.Create();
        var log = new ConnectionLog();
        await using var client = pair.Options.Client(log);
        await client.Run("SET", "kept", "yes");
        await pair.Copied();

        await pair.Master.Kill();
        await pair.Replica.Cli("REPLICAOF", "NO", "ONE");

        (await client.Run("SET", "kept", "still")).Text.ShouldBe("OK");
        log.Last.Port.ShouldBe(pair.Replica.Port);
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_replica_is_not_used_while_it_is_one()
    {
        await using var pair = await Pair.Create();
        await using var client = (pair.Options with { OperationTimeout = TimeSpan.FromMilliseconds(300) }).Client();
        await client.Run("SET", "kept", "yes");
        await pair.Master.Kill();
        await Eventually.True(
            async () => (await client.Run("GET", "kept").ShouldFail()).Message.Contains("None of the 1 replicas is a master", StringComparison.Ordinal),
            "the client to have looked at the replica");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_master_that_becomes_a_replica_is_left_though_it_goes_on_answering()
    {
        await using var pair = await Pair.Create();
        var log = new ConnectionLog();
        await using var client = (pair.Options with { RoleCheck = TimeSpan.FromMilliseconds(50) }).Client(log);
        await client.Run("PING");

        await pair.Replica.Cli("REPLICAOF", "NO", "ONE");
        await pair.Master.Cli("REPLICAOF", "127.0.0.1", $"{pair.Replica.Port}");

        // Reads alone: only the role tells that they come from a copy.
        await Eventually.True(
            async () =>
            {
                await client.ExecuteAsync(RedisCommand.Repeatable("GET", "kept"), CancellationToken.None);
                return log.Last.Port == pair.Replica.Port;
            },
            "the client to follow");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_write_that_a_replica_refuses_makes_the_client_look_for_the_master()
    {
        await using var pair = await Pair.Create();
        var log = new ConnectionLog();
        await using var client = (pair.Options with { RoleCheck = TimeSpan.FromHours(1) }).Client(log);
        await client.Run("PING");
        await pair.Replica.Cli("REPLICAOF", "NO", "ONE");
        await pair.Master.Cli("REPLICAOF", "127.0.0.1", $"{pair.Replica.Port}");

        (await client.Run("SET", "x", 1).ShouldFail()).Fault.ShouldBe(RedisFault.NotMaster);
        (await client.Run("SET", "x", 1)).Text.ShouldBe("OK");
        log.Last.Port.ShouldBe(pair.Replica.Port);
    }

    [Fact]
    public async Task A_replica_named_as_the_master_is_told()
    {
        await using var pair = await Pair.Create();
        await using var client = (pair.Replica.Options(TimeSpan.FromMilliseconds(200)) with { Password = pair.Master.Password }).Client();
        var failure = await Should.ThrowAsync<RedisException>(client.PingAsync(CancellationToken.None));
        failure.Fault.ShouldBe(RedisFault.NotMaster);
        failure.Message.ShouldContain("MAIL_REDIS_REPLICA_ADDRS");
    }

    private sealed record Pair(TestRedis Master, TestRedis Replica) : IAsyncDisposable
    {
        public RedisOptions Options => Master.Options() with { Replicas = [new("127.0.0.1", Replica.Port)] };

        public static async Task<Pair> Create()
        {
            var master = await TestRedis.Create(settings: "repl-diskless-sync-delay 0");
            var replica = await TestRedis.Create();

            // One password for both, as one client asks both.
            await replica.Cli("CONFIG", "SET", "masterauth", master.Password);
            await replica.Cli("REPLICAOF", "127.0.0.1", $"{master.Port}");
            await Eventually.True(async () => (await replica.Cli("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), "the replica to follow");
            await master.Cli("CONFIG", "SET", "masterauth", replica.Password);
            await replica.Cli("ACL", "SETUSER", "default", $">{master.Password}");
            await master.Cli("ACL", "SETUSER", "default", $">{replica.Password}");
            return new(master, replica);
        }

        public Task Copied() => Eventually.True(async () => await Replica.Cli("GET", "kept") == "yes", "the replica to have the value");

        public async ValueTask DisposeAsync()
        {
            await Replica.DisposeAsync();
            await Master.DisposeAsync();
        }
    }
}
