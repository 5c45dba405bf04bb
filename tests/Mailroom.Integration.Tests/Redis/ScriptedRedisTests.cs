using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>What a real server does too rarely to wait for.</summary>
public sealed class ScriptedRedisTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_call_without_an_answer_fails_after_its_timeout_and_no_other_call_does()
    {
        await using var server = new ScriptedRedis(command => command[0] == "GET" && command[1] == "slow" ? null : command[0] == "GET" ? "$1\r\nx\r\n" : "");
        await using var client = (RedisUnderTest.At(server.Port) with { OperationTimeout = Short }).Client();
        await client.PingAsync(CancellationToken.None);

        var failure = await client.Run("GET", "slow").ShouldFail();

        failure.Fault.ShouldBe(RedisFault.TimedOut);
        failure.MayHaveRun.ShouldBeTrue();
        failure.Message.ShouldBe($"Redis at 127.0.0.1:{server.Port} did not answer GET within 100 ms.");
    }

    [Fact]
    public async Task A_reply_that_comes_too_late_goes_to_nobody_else()
    {
        // The answer to the slow one comes together with that to the next: two replies, in order.
        await using var server = new ScriptedRedis(command => command switch
        {
            ["GET", "slow"] => null,
            ["GET", "next"] => "$4\r\nlate\r\n$4\r\nnext\r\n",
            _ => "",
        });
        var log = new ConnectionLog();
        await using var client = (RedisUnderTest.At(server.Port) with { OperationTimeout = Short }).Client(log);
        await client.PingAsync(CancellationToken.None);
        (await client.Run("GET", "slow").ShouldFail()).Fault.ShouldBe(RedisFault.TimedOut);
        (await client.Run("GET", "next")).Text.ShouldBe("next");
        log.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_stopped_answering_loses_the_connection_in_bounded_time()
    {
        await using var server = new ScriptedRedis(command => command[0] == "GET" ? null : "");
        var log = new ConnectionLog();
        await using var client = (RedisUnderTest.At(server.Port) with { OperationTimeout = Short }).Client(log);
        await client.PingAsync(CancellationToken.None);
        await client.Run("GET", "never").ShouldFail();
        await Deadline.In().Wait(log.LostOnce, "the connection to be given up");
        log.Failures.First().Message.ShouldContain("stopped answering");
        await Eventually.True(() => log.Connections == 2, "a new connection");
    }

    [Fact]
    public async Task A_server_that_loads_its_data_is_waited_for()
    {
        var loading = 3;
        await using var server = new ScriptedRedis(command =>
            command[0] == "PING" && Interlocked.Decrement(ref loading) >= 0 ? "-LOADING Redis is loading the dataset in memory\r\n" : "");
        var log = new ConnectionLog();
        await using var client = RedisUnderTest.At(server.Port).Client(log);
        await client.PingAsync(CancellationToken.None);
        log.Failures.ShouldAllBe(failure => failure.Fault == RedisFault.NotReady && failure.Message.Contains("loading its data"));
        log.Failures.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_server_without_HELLO_is_spoken_to_in_the_old_way_and_the_password_it_repeats_is_not_shown()
    {
        await using var server = new ScriptedRedis(command => command[0] switch
        {
            "HELLO" => "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `hunter2`, \r\n",
            "AUTH" => command is ["AUTH", "hunter2"] ? "+OK\r\n" : "-ERR with args beginning with: `hunter2`\r\n",
            _ => "",
        });
        await using var client = (RedisUnderTest.At(server.Port) with { Password = "hunter2" }).Client();
        await client.PingAsync(CancellationToken.None);
        server.Seen.Select(command => command[0]).Take(6).ShouldBe(["HELLO", "AUTH", "CLIENT", "SELECT", "ROLE", "PING"]);
    }

    [Theory]
    [InlineData("HELLO")]
    [InlineData("AUTH")]
    public async Task An_error_that_repeats_the_password_is_told_without_it(string command)
    {
        await using var server = new ScriptedRedis(words =>
            words[0] == command ? "-ODD you said hunter2\r\n" : words[0] == "HELLO" ? "-ERR unknown command 'HELLO'\r\n" : "");
        await using var client = (RedisUnderTest.At(server.Port) with { Password = "hunter2", OperationTimeout = Short }).Client();
        var failure = await Should.ThrowAsync<RedisException>(client.PingAsync(CancellationToken.None));
        failure.Fault.ShouldBe(RedisFault.Credentials);
        failure.ToString().ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("+OK\r\n+one too many\r\n")]
    public async Task What_answers_and_is_no_Redis_loses_the_connection(string answer)
    {
        await using var server = new ScriptedRedis(command => command[0] == "GET" ? answer : "");
        var log = new ConnectionLog();
        await using var client = RedisUnderTest.At(server.Port).Client(log);
        await client.PingAsync(CancellationToken.None);
        var call = client.Run("GET", "x").AsTask();
        await Deadline.In().Wait(log.LostOnce, "the connection to be given up");
        log.Failures.First().Fault.ShouldBe(RedisFault.Protocol);
        await Should.NotThrowAsync(async () => await Task.WhenAny(call));
        (await client.Run("PING")).Text.ShouldBe("PONG");
    }

    [Fact]
    public async Task What_is_pushed_without_being_asked_for_is_no_reply()
    {
        await using var server = new ScriptedRedis(command => command[0] == "GET" ? ">2\r\n+invalidate\r\n*0\r\n$1\r\nx\r\n" : "");
        await using var client = RedisUnderTest.At(server.Port).Client();
        (await client.Run("GET", "x")).Text.ShouldBe("x");
    }

    [Fact]
    public async Task A_command_that_may_have_run_is_never_sent_twice()
    {
        await using var server = new ScriptedRedis(command => command[0] == "INCR" ? ScriptedRedis.HangUp : "");
        await using var client = RedisUnderTest.At(server.Port).Client();
        await client.PingAsync(CancellationToken.None);
        var failure = await client.Run("INCR", "x").ShouldFail();
        failure.Fault.ShouldBe(RedisFault.ConnectionLost);
        failure.MayHaveRun.ShouldBeTrue();
        await client.Run("PING");
        server.Seen.Count(command => command[0] == "INCR").ShouldBe(1);
    }

    [Fact]
    public async Task A_command_that_may_be_repeated_is_sent_once_more_over_the_next_connection()
    {
        var hangUps = 1;
        await using var server = new ScriptedRedis(command =>
            command[0] != "GET" ? "" : Interlocked.Decrement(ref hangUps) >= 0 ? ScriptedRedis.HangUp : "$1\r\nx\r\n");
        await using var client = RedisUnderTest.At(server.Port).Client();
        var reply = await client.ExecuteAsync(RedisCommand.Repeatable("GET", "x"), CancellationToken.None);
        reply.Text.ShouldBe("x");
        server.Seen.Count(command => command[0] == "GET").ShouldBe(2);
    }

    [Fact]
    public async Task An_unused_connection_is_asked_for_a_sign_of_life()
    {
        var answers = 2;
        await using var server = new ScriptedRedis(command => command[0] != "PING" || Interlocked.Decrement(ref answers) >= 0 ? "" : null);
        var log = new ConnectionLog();
        await using var client = (RedisUnderTest.At(server.Port) with { OperationTimeout = Short, KeepAlive = Short }).Client(log);
        await client.PingAsync(CancellationToken.None);

        // The handshake's PING and the test's are answered; those of the watch are not.
        await Deadline.In().Wait(log.LostOnce, "the silent connection to be given up");
        server.Seen.Count(command => command[0] == "PING").ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task The_end_comes_in_bounded_time_with_calls_under_way()
    {
        await using var server = new ScriptedRedis(command => command[0] == "GET" ? null : "");
        var client = RedisUnderTest.At(server.Port).Client();
        await client.PingAsync(CancellationToken.None);
        var calls = Enumerable.Range(0, 100).Select(_ => client.Run("GET", "x").AsTask()).ToArray();
        await Deadline.In(TimeSpan.FromSeconds(5)).Wait(client.DisposeAsync().AsTask(), "the client to end");
        foreach (var call in calls)
        {
            (await Should.ThrowAsync<RedisException>(call)).Fault.ShouldBe(RedisFault.Disposed);
        }
    }
}
