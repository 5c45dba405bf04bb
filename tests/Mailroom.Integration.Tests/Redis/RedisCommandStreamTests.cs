using System.Diagnostics;
using System.Text;
using Mailroom.Actors.Streams;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>The stream of commands in a real Redis.</summary>
public sealed class RedisCommandStreamTests(RedisFixture fixture) : IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly TestRedis _server = fixture.Server;
    private readonly RedisConnections _connections = fixture.Server.Options().Connections();

    /// <summary>A stream of each test's own.</summary>
    private readonly string _name = $"mail:delivery_commands:{Guid.NewGuid():N}";

    private RedisCommandStream Stream => new(_connections, _name);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _connections.DisposeAsync();

    [Fact]
    [Trait("Requirement", "D13")]
    public async Task Entries_are_read_in_order_from_the_start_or_from_an_offset_and_no_group_is_made()
    {
        await AddAsync(1, ("a", "1"), ("b", "\r\nÄ"));
        await AddAsync(2, ("a", "2"), ("a", "again"));
        await AddAsync(3, ("a", "3"));

        var all = await ReadAsync(Stream, StreamEntryId.Start);
        all.Select(entry => entry.Id.ToString()).ShouldBe(["1-1", "2-1", "3-1"]);
        all[0].Fields.Select(Show).ShouldBe(["a=1", "b=\r\nÄ"]);
        all[1].Fields.Select(Show).ShouldBe(["a=2", "a=again"]);
        all.ShouldAllBe(entry => !entry.IsCut);

        (await ReadAsync(Stream, new(2, 1))).Select(entry => entry.Id.ToString()).ShouldBe(["3-1"]);
        (await ReadAsync(Stream, new(3, 1))).ShouldBeEmpty();
        (await Stream.ReadAsync(StreamEntryId.Start, 2, TimeSpan.Zero, CancellationToken.None)).Count.ShouldBe(2);
        (await _server.Cli("XINFO", "GROUPS", _name)).ShouldBe("");
    }

    [Fact]
    [Trait("Requirement", "D13")]
    public async Task A_waiting_read_ends_with_the_first_entry_and_one_without_any_after_its_block()
    {
        var waiting = Stream.ReadAsync(StreamEntryId.Start, 10, Long, CancellationToken.None).AsTask();
        await RedisFaultTests.Blocked(_server, 1);
        var began = Stopwatch.GetTimestamp();
        await AddAsync(1, ("a", "1"));
        (await waiting).Count.ShouldBe(1);
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20), "at once, not at the block's end");

        began = Stopwatch.GetTimestamp();
        (await Stream.ReadAsync(new(1, 1), 10, TimeSpan.FromMilliseconds(80), CancellationToken.None)).ShouldBeEmpty();
        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(75));
    }

    [Fact]
    public async Task A_cancelled_read_is_free_at_once_and_so_is_the_server()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Stream.ReadAsync(StreamEntryId.Start, 10, Long, stop.Token).AsTask();
        await RedisFaultTests.Blocked(_server, 1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await RedisFaultTests.Blocked(_server, 0);

        await AddAsync(1, ("a", "1"));
        (await ReadAsync(Stream, StreamEntryId.Start)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_cancelled_read_is_not_told_as_a_lost_connection()
    {
        var log = new ConnectionLog();
        await using var connections = new RedisConnections(_server.Options(), log, TimeProvider.System);
        var stream = new RedisCommandStream(connections, _name);
        using var stop = new CancellationTokenSource();
        var waiting = stream.ReadAsync(StreamEntryId.Start, 10, Long, stop.Token).AsTask();
        await RedisFaultTests.Blocked(_server, 1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);

        // Over a new connection: the end of the old one has been told by now.
        await AddAsync(1, ("a", "1"));
        (await ReadAsync(stream, StreamEntryId.Start)).Count.ShouldBe(1);

        log.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_facts_are_those_of_the_stream()
    {
        (await Stream.FactsAsync(CancellationToken.None)).ShouldBeNull();
        await AddAsync(5, ("a", "1"));
        await AddAsync(6, ("a", "1"));
        (await Facts()).ShouldBe(new StreamFacts(2, new(5, 1), new(6, 1), StreamEntryId.Start) { Added = 2 });

        await AddAsync(7, ("a", "1"));
        await AddAsync(8, ("a", "1"));
        await _server.Cli("XDEL", _name, "7-1");
        (await Facts()).ShouldBe(new StreamFacts(3, new(5, 1), new(8, 1), new(7, 1)) { Added = 4 });
    }

    [Fact]
    public async Task Of_what_was_trimmed_the_facts_tell_how_many_there_were()
    {
        for (var number = 1; number <= 4; number++)
        {
            await AddAsync(number, ("a", "1"));
        }

        await _server.Cli("XTRIM", _name, "MAXLEN", "1");
        (await Facts()).ShouldBe(new StreamFacts(1, new(4, 1), new(4, 1), StreamEntryId.Start) { Added = 4 });
        await _server.Cli("XTRIM", _name, "MAXLEN", "0");
        (await Facts()).ShouldBe(new StreamFacts(0, null, new(4, 1), StreamEntryId.Start) { Added = 4 });
    }

    [Fact]
    public async Task The_facts_of_an_older_server_leave_out_what_it_does_not_tell()
    {
        await using var old = new ScriptedRedis(command => command[0] == "XINFO"
            ? "*8\r\n$6\r\nlength\r\n:1\r\n$17\r\nlast-generated-id\r\n$3\r\n7-1\r\n$11\r\nfirst-entry\r\n*2\r\n$3\r\n7-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$6\r\ngroups\r\n:0\r\n"
            : "");
        await using var connections = RedisUnderTest.At(old.Port).Connections();
        (await new RedisCommandStream(connections, "s").FactsAsync(CancellationToken.None)).ShouldBe(new StreamFacts(1, new(7, 1), new(7, 1), null));
    }

    [Fact]
    public async Task An_entry_above_the_bound_is_given_with_its_id_and_its_names_and_stops_nothing()
    {
        await using var connections = (_server.Options() with { Limits = new() { MaxValue = 1_000 } }).Connections();
        var stream = new RedisCommandStream(connections, _name);
        await AddAsync(1, ("delivery_id", "first"));
        await AddAsync(2, ("delivery_id", "large"), ("payload_json", new string('x', 5_000)), ("source", "s"));
        await AddAsync(3, ("delivery_id", "last"));

        var seen = await DrainAsync(stream);

        seen.Select(entry => (entry.Id.Milliseconds, entry.IsCut)).ShouldBe([(1UL, false), (2UL, true), (3UL, false)]);
        seen[1].Fields.Select(Show).ShouldBe(["delivery_id=large", "payload_json=", "source=s"]);
    }

    [Fact]
    public async Task An_entry_of_more_fields_than_there_is_room_for_is_given_with_its_first_ones()
    {
        await using var connections = (_server.Options() with { Limits = new() { MaxReply = 10_000, MaxValue = 5_000 } }).Connections();
        var stream = new RedisCommandStream(connections, _name);
        await AddAsync(1, ("delivery_id", "first"));
        await AddAsync(2, [("delivery_id", "large"), .. Enumerable.Range(0, 5_000).Select(number => ($"f{number}", "v"))]);
        await AddAsync(3, ("delivery_id", "last"));

        var seen = await DrainAsync(stream);

        seen.Select(entry => (entry.Id.Milliseconds, entry.IsCut)).ShouldBe([(1UL, false), (2UL, true), (3UL, false)]);
        Show(seen[1].Fields[0]).ShouldBe("delivery_id=large");
        seen[1].Fields.Count.ShouldBeInRange(10, 100);
    }

    [Fact]
    public async Task Many_large_entries_are_read_in_portions_that_fit()
    {
        await using var connections = (_server.Options() with { Limits = new() { MaxReply = 1_000_000 } }).Connections();
        var stream = new RedisCommandStream(connections, _name);
        for (var number = 1; number <= 60; number++)
        {
            await AddAsync(number, ("payload_json", new string('x', 100_000)));
        }

        var seen = await DrainAsync(stream);

        seen.Select(entry => (int)entry.Id.Milliseconds).ShouldBe(Enumerable.Range(1, 60));
        seen.ShouldAllBe(entry => !entry.IsCut && entry.Fields[0].Value.Length == 100_000);
    }

    [Fact]
    public async Task The_copy_of_the_offset_stands_beside_the_stream()
    {
        await Stream.SaveOffsetCopyAsync(new(17, 4), CancellationToken.None);
        (await _server.Cli("GET", _name + ":offset")).ShouldBe("17-4");
    }

    [Fact]
    public async Task After_everything_was_flushed_there_is_no_stream_and_then_a_new_one()
    {
        await using var server = await TestRedis.Create();
        await using var connections = server.Options().Connections();
        var stream = new RedisCommandStream(connections, "s");
        await server.Cli("XADD", "s", "5-1", "a", "1");
        (await ReadAsync(stream, StreamEntryId.Start)).Count.ShouldBe(1);
        await server.Cli("FLUSHALL");
        (await stream.FactsAsync(CancellationToken.None)).ShouldBeNull();
        (await ReadAsync(stream, new(5, 1))).ShouldBeEmpty();
        await server.Cli("XADD", "s", "6-1", "a", "2");
        (await ReadAsync(stream, new(5, 1))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_of_another_kind_is_told_with_the_variable()
    {
        await _server.Cli("SET", _name, "no stream");
        (await Should.ThrowAsync<StreamUnavailableException>(Stream.ReadAsync(StreamEntryId.Start, 1, Long, CancellationToken.None).AsTask()))
            .Message.ShouldContain("MAIL_REDIS_COMMAND_STREAM");
        await Should.ThrowAsync<StreamUnavailableException>(Stream.FactsAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task A_server_that_dies_during_a_wait_makes_the_stream_unavailable_until_it_is_back()
    {
        await using var server = await TestRedis.Create();
        await using var connections = server.Options().Connections();
        var stream = new RedisCommandStream(connections, "s");
        await server.Cli("XADD", "s", "5-1", "a", "1");
        var waiting = stream.ReadAsync(new(5, 1), 10, Long, CancellationToken.None).AsTask();
        await RedisFaultTests.Blocked(server, 1);
        await server.Kill();

        (await Should.ThrowAsync<StreamUnavailableException>(waiting)).Message.ShouldContain("was lost");

        await server.Start();
        await server.Cli("XADD", "s", "6-1", "a", "1");
        (await ReadAsync(stream, new(5, 1))).Single().Id.ShouldBe(new StreamEntryId(6, 1));
    }

    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", "still loading")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots", "cannot save")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "memory is full")]
    [InlineData("NOAUTH Authentication required.", "MAIL_REDIS_PASSWORD")]
    [InlineData("NOPERM this user has no permissions", "may not run")]
    [InlineData("MOVED 3999 127.0.0.1:6381", "cluster")]
    [InlineData("ERR something else", "something else")]
    public async Task Every_error_of_the_server_makes_the_stream_unavailable_in_an_operators_words(string error, string words)
    {
        await using var server = new ScriptedRedis(command => command[0] is "XREAD" or "XINFO" or "SET" ? $"-{error}\r\n" : "");
        await using var connections = RedisUnderTest.At(server.Port).Connections();
        var stream = new RedisCommandStream(connections, "s");
        (await Should.ThrowAsync<StreamUnavailableException>(ReadAsync(stream, StreamEntryId.Start))).Message.ShouldContain(words);
        (await Should.ThrowAsync<StreamUnavailableException>(stream.FactsAsync(CancellationToken.None).AsTask())).Message.ShouldContain(words);
        (await Should.ThrowAsync<StreamUnavailableException>(stream.SaveOffsetCopyAsync(new(1, 1), CancellationToken.None).AsTask())).Message.ShouldContain(words);
    }

    [Theory]
    [InlineData("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", true)]
    [InlineData("%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", true)]
    [InlineData("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n0-0\r\n*0\r\n", false)]
    [InlineData("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$1\r\nx\r\n*0\r\n", false)]
    [InlineData("*1\r\n*1\r\n$1\r\ns\r\n", false)]
    [InlineData(":1\r\n", false)]
    [InlineData("+OK\r\n", false)]
    [InlineData("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*0\r\n", false)]
    public async Task A_reply_is_entries_in_either_protocol_or_is_refused(string reply, bool isEntries)
    {
        await using var server = new ScriptedRedis(command => command[0] == "XREAD" ? reply : "");
        await using var connections = RedisUnderTest.At(server.Port).Connections();
        var reading = ReadAsync(new RedisCommandStream(connections, "s"), StreamEntryId.Start);
        if (isEntries)
        {
            (await reading).Single().Fields.Select(Show).ShouldBe(["a=b"]);
        }
        else
        {
            await Should.ThrowAsync<StreamUnavailableException>(reading);
        }
    }

    private static string Show(StreamField field) => $"{Encoding.UTF8.GetString(field.Name.Span)}={Encoding.UTF8.GetString(field.Value.Span)}";

    private static Task<IReadOnlyList<StreamEntry>> ReadAsync(RedisCommandStream stream, StreamEntryId after) =>
        stream.ReadAsync(after, 256, TimeSpan.Zero, CancellationToken.None).AsTask();

    private static async Task<List<StreamEntry>> DrainAsync(RedisCommandStream stream)
    {
        var seen = new List<StreamEntry>();
        while (await ReadAsync(stream, seen.Count == 0 ? StreamEntryId.Start : seen[^1].Id) is { Count: > 0 } entries)
        {
            seen.AddRange(entries);
        }

        return seen;
    }

    private async Task<StreamFacts> Facts() => (await Stream.FactsAsync(CancellationToken.None)).ShouldNotBeNull();

    private async Task AddAsync(int milliseconds, params (string Name, string Value)[] fields)
    {
        RedisArgument[] arguments = [_name, $"{milliseconds}-1", .. fields.SelectMany(field => new RedisArgument[] { field.Name, field.Value })];
        await _connections.Commands.Run("XADD", arguments);
    }
}
