using System.Diagnostics;
using Mailroom.Actors.Streams;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Benchmarks;

/// <summary>What an entry of the command stream costs to add and to read, on a private Redis with an append-only file that is synced every second.</summary>
internal static class RedisBenchmark
{
    private const int Window = 512;
    private const int ReadAtOnce = 512;

    private static readonly byte[] Payload = new byte[2_000];

    public static async Task RunAsync(int entries)
    {
        await using var server = await TestRedis.Create(settings: "appendfsync everysec");
        await using var connections = new RedisConnections(
            new() { Master = new("127.0.0.1", server.Port), Password = server.Password, OperationTimeout = TimeSpan.FromSeconds(30) },
            QuietRedisEvents.Instance, TimeProvider.System);
        var stream = new RedisCommandStream(connections, "mail:delivery_commands");

        // The first round is for the compiler.
        for (var round = 0; round < 3; round++)
        {
            await connections.Commands.ExecuteAsync(RedisCommand.Of("DEL", stream.Name), CancellationToken.None);
            await MeasureAsync("add, pipelined", entries, server, () => AddAsync(connections.Commands, stream.Name, entries));
            await MeasureAsync("read", entries, server, () => ReadAsync(stream, entries));
            await MeasureAsync("set, pipelined", entries, server, () => SetAsync(connections.Commands, entries));
        }
    }

    private static async Task MeasureAsync(string what, int count, TestRedis server, Func<Task> work)
    {
        GC.Collect();
        var (own, theirs, allocated, began) = (ProcessorTime.OfThisProcess(), server.ProcessorTime(), GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
        await work();
        var took = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(FormattableString.Invariant(
            $"{what,-16} {count / took.TotalSeconds,9:F0}/s   client {(ProcessorTime.OfThisProcess() - own).TotalMicroseconds / count,5:F2} µs, server {(server.ProcessorTime() - theirs).TotalMicroseconds / count,5:F2} µs, {(GC.GetTotalAllocatedBytes() - allocated) / count} bytes allocated"));
    }

    private static Task AddAsync(RedisClient client, string name, int count) => PipelineAsync(count, number => client.ExecuteAsync(
        RedisCommand.Of(
            "XADD", name, "*", "delivery_id", $"em_{number}", "source", "notification", "payload_mode", "rendered", "idempotency_key", $"key-{number}",
            "requested_at_ms", 1_700_000_000_000, "payload_json", Payload),
        CancellationToken.None));

    private static Task SetAsync(RedisClient client, int count) =>
        PipelineAsync(count, number => client.ExecuteAsync(RedisCommand.Of("SET", "offset", number), CancellationToken.None));

    private static async Task PipelineAsync(int count, Func<int, ValueTask<RedisReply>> call)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Window).Select(async _ =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < count)
            {
                await call(number);
            }
        }));
    }

    private static async Task ReadAsync(RedisCommandStream stream, int count)
    {
        var (after, seen) = (StreamEntryId.Start, 0);
        while (seen < count)
        {
            var entries = await stream.ReadAsync(after, ReadAtOnce, TimeSpan.FromSeconds(2), CancellationToken.None);
            seen += entries.Count;
            after = entries[^1].Id;
        }
    }
}
