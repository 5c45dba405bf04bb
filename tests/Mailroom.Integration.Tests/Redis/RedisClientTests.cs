using System.Globalization;
using System.Text;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>The client against a real server that behaves.</summary>
public sealed class RedisClientTests(RedisFixture fixture) : IClassFixture<RedisFixture>
{
    private readonly TestRedis _server = fixture.Server;

    [Fact]
    public async Task Arguments_arrive_byte_for_byte()
    {
        await using var client = _server.Options().Client();
        var bytes = Enumerable.Range(0, 256).Select(octet => (byte)octet).ToArray();

        (await client.Run("SET", "Ä key\r\n", bytes)).Text.ShouldBe("OK");
        (await client.Run("GET", Encoding.UTF8.GetBytes("Ä key\r\n"))).Bytes.ToArray().ShouldBe(bytes);
        (await client.Run("DEL", "Ä key\r\n")).Integer.ShouldBe(1);
        (await client.Run("GET", "Ä key\r\n")).IsNull.ShouldBeTrue();

        await client.Run("SET", "number", long.MinValue);
        (await client.Run("GET", "number")).Text.ShouldBe("-9223372036854775808");
        (await client.Run("SET", "empty", "")).Text.ShouldBe("OK");
        (await client.Run("GET", "empty")).Bytes.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Replies_of_every_shape_are_read()
    {
        await using var client = _server.Options().Client();
        await client.Run("HSET", "shape:hash", "field", 1);
        (await client.Run("HGETALL", "shape:hash")).Items.Length.ShouldBe(2);
        await client.Run("ZADD", "shape:sorted", "1.5", "member");
        (await client.Run("ZSCORE", "shape:sorted", "member")).Double.ShouldBe(1.5);
        await client.Run("RPUSH", "shape:list", "a", "b");
        (await client.Run("LRANGE", "shape:list", 0, -1)).Items[1].Text.ShouldBe("b");
        var script = (await client.Run("SCRIPT", "LOAD", "return {1, 'two', {3}, {err='ODD inner'}}")).Text!;
        var answer = await client.Run("EVALSHA", script, 0);
        answer.Items[2].Items[0].Integer.ShouldBe(3);
        answer.Items[3].Error!.Prefix.ShouldBe("ODD");
        (await client.Run("SMEMBERS", "shape:none")).Items.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Thousands_of_calls_from_many_tasks_each_get_their_own_reply()
    {
        await using var client = _server.Options().Client();
        const int Tasks = 64;
        const int Calls = 500;
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            for (var call = 0; call < Calls; call++)
            {
                var word = string.Create(CultureInfo.InvariantCulture, $"{task}:{call}");
                (await client.Run("ECHO", word)).Text.ShouldBe(word);
            }
        })));

        (await client.Run("CLIENT", "LIST")).Text!.Split('\n').Count(line => line.Contains(" name=mailroom:test ", StringComparison.Ordinal))
            .ShouldBe(1, "All go over one connection.");
    }

    [Fact]
    public async Task Calls_of_one_caller_run_in_their_order_without_waiting_for_each_other()
    {
        await using var client = _server.Options().Client();
        await client.PingAsync(CancellationToken.None);
        var calls = Enumerable.Range(0, 3_000).Select(number => client.Run("RPUSH", "order", number).AsTask()).ToArray();
        (await Task.WhenAll(calls)).Select(reply => reply.Integer).ShouldBe(Enumerable.Range(1, 3_000).Select(length => (long)length));
        (await client.Run("LINDEX", "order", 2_999)).Text.ShouldBe("2999");
    }

    [Theory]
    [InlineData("WRONGTYPE", RedisFault.Error, "INCR", "typed:list")]
    [InlineData("ERR", RedisFault.Error, "NOSUCHCOMMAND", "x")]
    [InlineData("NOSCRIPT", RedisFault.Error, "EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "0")]
    [InlineData("WRONGPASS", RedisFault.Credentials, "AUTH", "default", "wrong")]
    public async Task An_error_is_typed_by_its_first_word_and_leaves_the_connection_alone(string prefix, RedisFault fault, string name, params string[] arguments)
    {
        var log = new ConnectionLog();
        await using var client = _server.Options().Client(log);
        await client.Run("LPUSH", "typed:list", "x");

        var failure = await client.Run(name, [.. arguments.Select(argument => (RedisArgument)argument)]).ShouldFail();

        failure.Error!.Prefix.ShouldBe(prefix);
        failure.Fault.ShouldBe(fault);
        (await client.Run("PING")).Text.ShouldBe("PONG");
        log.Connections.ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task The_database_the_password_and_the_name_are_those_of_the_options()
    {
        await using var client = (_server.Options() with { Database = 3, ClientName = "desk" }).Client();
        await client.Run("SET", "where", "three");
        (await _server.Cli("-n", "3", "GET", "where")).ShouldBe("three");
        (await _server.Cli("GET", "where")).ShouldBe("");
        (await client.Run("CLIENT", "GETNAME")).Text.ShouldBe("desk:test");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_database_that_the_server_does_not_have_is_told()
    {
        await using var client = (_server.Options(TimeSpan.FromSeconds(1)) with { Database = 60_000 }).Client();
        (await client.Run("PING").ShouldFail()).Message.ShouldContain("SELECT");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_wrong_password_is_told_with_its_variable_and_never_shown()
    {
        await using var client = (_server.Options(TimeSpan.FromSeconds(1)) with { Password = "secret-that-is-wrong" }).Client();
        var failure = await client.Run("PING").ShouldFail();
        failure.Fault.ShouldBe(RedisFault.Credentials);
        failure.Message.ShouldContain("MAIL_REDIS_PASSWORD");
        failure.ToString().ShouldNotContain("secret-that-is-wrong");
    }

    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_missing_password_is_told_with_its_variable()
    {
        await using var client = (_server.Options(TimeSpan.FromSeconds(1)) with { Password = null }).Client();
        var failure = await client.Run("PING").ShouldFail();
        failure.Fault.ShouldBe(RedisFault.Credentials);
        failure.Message.ShouldContain("Set MAIL_REDIS_PASSWORD");
    }

    [Fact]
    public void The_password_is_in_no_text_of_the_options_the_client_or_a_command()
    {
        var options = _server.Options();
        options.ToString().ShouldNotContain(_server.Password);
        RedisCommand.Of("AUTH", _server.Password).ToString().ShouldBe("AUTH");
    }

    [Fact]
    public async Task A_value_above_the_bound_is_left_out_and_the_connection_keeps_step()
    {
        await using var client = (_server.Options() with { Limits = new() { MaxValue = 1_000 } }).Client();
        await client.Run("SET", "large", new byte[100_000]);
        var replies = await Task.WhenAll(client.Run("GET", "large").AsTask(), client.Run("ECHO", "next").AsTask());
        replies[0].IsCut.ShouldBeTrue();
        replies[0].Length.ShouldBe(100_000);
        replies[1].Text.ShouldBe("next");
    }

    [Fact]
    public async Task One_call_more_than_may_wait_is_refused_at_once()
    {
        await using var client = (_server.Options() with { MaxInFlight = 10 }).Client();
        await client.PingAsync(CancellationToken.None);
        await _server.Cli("CLIENT", "PAUSE", "60000", "WRITE");
        var waiting = Enumerable.Range(0, 10).Select(number => client.Run("SET", "paused", number).AsTask()).ToArray();
        (await client.Run("SET", "paused", 11).ShouldFail()).Fault.ShouldBe(RedisFault.Overloaded);
        await _server.Cli("CLIENT", "UNPAUSE");
        await Task.WhenAll(waiting);
        (await client.Run("GET", "paused")).Text.ShouldBe("9");
    }

    [Fact]
    public async Task A_cancelled_call_is_given_up_and_its_reply_goes_to_nobody_else()
    {
        await using var client = _server.Options().Client();
        await client.PingAsync(CancellationToken.None);
        await _server.Cli("CLIENT", "PAUSE", "60000", "WRITE");
        using var giveUp = new CancellationTokenSource();
        var given = client.ExecuteAsync(RedisCommand.Of("SET", "given-up", 1), giveUp.Token).AsTask();
        var kept = client.Run("ECHO", "kept").AsTask();
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(given);
        await _server.Cli("CLIENT", "UNPAUSE");
        (await kept).Text.ShouldBe("kept");
        (await client.Run("PING")).Text.ShouldBe("PONG");
    }

    [Fact]
    public async Task After_its_end_every_call_fails_and_ending_twice_is_nothing()
    {
        var client = _server.Options().Client();
        await client.Run("PING");
        await client.DisposeAsync();
        await client.DisposeAsync();
        (await client.Run("PING").ShouldFail()).Fault.ShouldBe(RedisFault.Disposed);
        var unused = _server.Options().Client();
        await unused.DisposeAsync();
        (await unused.Run("PING").ShouldFail()).Fault.ShouldBe(RedisFault.Disposed);
    }

    [Theory]
    [InlineData("Database", -1)]
    [InlineData("OperationTimeout", 1)]
    [InlineData("MaxInFlight", 0)]
    [InlineData("Replicas", 17)]
    [InlineData("Address", 0)]
    public void An_option_out_of_its_range_is_named(string name, int value)
    {
        var options = RedisUnderTest.At(6379);
        options = name switch
        {
            "Database" => options with { Database = value },
            "OperationTimeout" => options with { OperationTimeout = TimeSpan.FromMilliseconds(value) },
            "MaxInFlight" => options with { MaxInFlight = value },
            "Replicas" => options with { Replicas = [.. Enumerable.Range(1, value).Select(port => new RedisAddress("127.0.0.1", port))] },
            "Address" => options with { Master = new("127.0.0.1", value) },
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        Should.Throw<ArgumentException>(() => options.Client()).Message.ShouldContain(name);
    }
}
