using System.Diagnostics;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>A real server that is stopped, killed, frozen, or not there.</summary>
public sealed class RedisFaultTests
{
    [Fact]
    public async Task A_server_that_is_restarted_is_found_again()
    {
        await using var server = await TestRedis.Create();
        await using var client = server.Options().Client();
        await client.Run("SET", "kept", "yes");

        await server.Stop();
        await server.Start();

        (await client.Run("GET", "kept")).Text.ShouldBe("yes");
    }

    [Fact]
    public async Task A_server_that_is_killed_fails_what_was_under_way_and_is_found_again()
    {
        await using var server = await TestRedis.Create();
        await using var client = server.Options().Client();
        await client.Run("SET", "kept", "yes");
        await server.Cli("CLIENT", "PAUSE", "60000", "WRITE");
        var underWay = client.Run("SET", "lost", "perhaps").AsTask();

        await server.Kill();

        var failure = await Should.ThrowAsync<RedisException>(underWay);
        failure.Fault.ShouldBe(RedisFault.ConnectionLost);
        failure.MayHaveRun.ShouldBeTrue();
        await server.Start();
        (await client.Run("GET", "kept")).Text.ShouldBe("yes");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_frozen_server_costs_each_call_its_timeout_and_serves_on_when_it_thaws()
    {
        var timeout = TimeSpan.FromMilliseconds(250);
        await using var server = await TestRedis.Create();
        await using var client = server.Options(timeout).Client();
        await client.PingAsync(CancellationToken.None);
        server.Freeze();

        var began = Stopwatch.GetTimestamp();
        var failures = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.Run("GET", "x").ShouldFail()));
        var took = Stopwatch.GetElapsedTime(began);
        server.Thaw();

        failures.ShouldAllBe(failure => failure.Fault == RedisFault.TimedOut);
        took.ShouldBeInRange(timeout - TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5), "together, not one after the other");
        await Eventually.True(async () => await Answers(client), "the server to answer again");
    }

    [Fact]
    public async Task Without_a_server_calls_fail_within_their_timeout_and_then_at_once()
    {
        var port = LoopbackPort.Free();
        await using var client = (RedisUnderTest.At(port) with { OperationTimeout = TimeSpan.FromMilliseconds(200) }).Client();
        var failure = await client.Run("PING").ShouldFail();
        failure.Fault.ShouldBe(RedisFault.Unreachable);
        failure.Message.ShouldContain($"Redis at 127.0.0.1:{port} cannot be reached");
        failure.MayHaveRun.ShouldBeFalse();

        await Eventually.True(
            async () =>
            {
                var began = Stopwatch.GetTimestamp();
                await client.Run("PING").ShouldFail();
                return Stopwatch.GetElapsedTime(began) < TimeSpan.FromMilliseconds(50);
            },
            "a call that fails at once");
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told()
    {
        var options = RedisUnderTest.At(6379) with { Master = new("redis.invalid", 6379), OperationTimeout = TimeSpan.FromMilliseconds(500) };
        await using var client = options.Client();
        var failure = await Should.ThrowAsync<RedisException>(client.PingAsync(CancellationToken.None));
        failure.Fault.ShouldBe(RedisFault.Unreachable);
        failure.Message.ShouldContain("redis.invalid:6379");
    }

    [Fact]
    [Trait("Requirement", "D10")]
    public async Task Both_connections_are_pinged_within_a_bound_and_are_two()
    {
        await using var server = await TestRedis.Create();
        await using var connections = server.Options().Connections();
        await connections.PingAsync(CancellationToken.None);
        var names = (await server.Cli("CLIENT", "LIST")).Split('\n').Where(line => line.Contains("name=mailroom:", StringComparison.Ordinal))
            .Select(line => line.Split(' ').Single(word => word.StartsWith("name=", StringComparison.Ordinal)));
        names.Order().ShouldBe(["name=mailroom:blocking", "name=mailroom:commands"]);

        server.Freeze();
        await using var late = server.Options(TimeSpan.FromMilliseconds(100)).Connections();
        var began = Stopwatch.GetTimestamp();
        await Should.ThrowAsync<RedisException>(late.PingAsync(CancellationToken.None));
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    [Trait("Requirement", "D10")]
    public async Task A_blocked_read_does_not_hold_up_the_other_connection()
    {
        await using var server = await TestRedis.Create();
        await using var connections = server.Options().Connections();
        using var stop = new CancellationTokenSource();
        var blocked = connections.Blocking.ExecuteBlockingAsync(RedisCommand.Of("BLPOP", "nothing", 60), TimeSpan.FromSeconds(60), stop.Token).AsTask();
        await Blocked(server, 1);

        (await connections.Commands.Run("PING")).Text.ShouldBe("PONG");

        blocked.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(blocked);
        await Blocked(server, 0);
    }

    [Fact]
    public async Task Large_values_both_ways_are_whole_under_many_callers()
    {
        await using var server = await TestRedis.Create(settings: "appendonly no");
        await using var client = server.Options().Client();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async number =>
        {
            var value = new byte[2_000_000];
            new Random(number).NextBytes(value);
            await client.Run("SET", $"large:{number}", value);
            (await client.Run("GET", $"large:{number}")).Bytes.Span.SequenceEqual(value).ShouldBeTrue();
        }));
    }

    internal static Task Blocked(TestRedis server, int count) => Eventually.True(
        async () => (await server.Cli("INFO", "clients")).Split('\n').Any(line => line.Trim() == $"blocked_clients:{count}"),
        $"{count} blocked clients");

    private static async Task<bool> Answers(RedisClient client)
    {
        try
        {
            return (await client.Run("PING")).Text == "PONG";
        }
        catch (RedisException)
        {
            return false;
        }
    }
}
