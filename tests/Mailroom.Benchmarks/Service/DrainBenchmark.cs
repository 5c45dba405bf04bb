using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mailroom.Actors.Streams;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Benchmarks.Service;

/// <summary>Commands of 2 KB from a Redis of the benchmark's own through a real Mailroom process to the last one in the sink.</summary>
internal static class DrainBenchmark
{
    private const int Window = 512;

    public static async Task RunAsync(string store, int warmup, int mails, int workers)
    {
        await using var sink = await SmtpSink.Start();
        await using var redis = await TestRedis.Create(settings: "appendfsync everysec");
        await using var connections = new RedisConnections(
            new() { Master = new("127.0.0.1", redis.Port), Password = redis.Password, OperationTimeout = TimeSpan.FromSeconds(30) },
            QuietRedisEvents.Instance, TimeProvider.System);
        var stream = new RedisCommandStream(connections, "mail:delivery_commands");
        await using var service = await RunningService.StartAsync(
            store, sink.Port, workers,
            [("MAIL_REDIS_MASTER_ADDR", $"127.0.0.1:{redis.Port}"), ("MAIL_REDIS_PASSWORD", redis.Password), ("MAIL_STREAM_BLOCK_TIMEOUT", "10ms")]);
        await AddAsync(connections.Commands, stream.Name, 0, warmup);
        await sink.WaitForMails(warmup, TimeSpan.FromMinutes(2));

        var database = store == "postgres" ? int.Parse(Environment.GetEnvironmentVariable("MAILROOM_TEST_PG_PID")!, CultureInfo.InvariantCulture) : 0;
        var own = ProcessCost.CpuSeconds(service.Pid);
        var ofDatabase = database == 0 ? 0 : ProcessCost.CpuSeconds(database);
        var ofRedis = redis.ProcessorTime();
        var since = Stopwatch.GetTimestamp();
        var last = await AddAsync(connections.Commands, stream.Name, warmup, mails);
        var added = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await Eventually.True(async () => (await connections.Commands.ExecuteAsync(RedisCommand.Of("GET", stream.OffsetKey), CancellationToken.None)).Text == last, "the intake to be at the end", TimeSpan.FromMinutes(2));
        var taken = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await sink.WaitForMails(warmup + mails, TimeSpan.FromMinutes(5));
        var delivered = Stopwatch.GetElapsedTime(since).TotalSeconds;
        own = ProcessCost.CpuSeconds(service.Pid) - own;
        ofDatabase = database == 0 ? 0 : ProcessCost.CpuSeconds(database) - ofDatabase;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {store}: {mails:N0} commands of 2 KB after {warmup:N0} to warm up, {workers} workers
              added a second                {mails / added,10:N0}
              taken in a second             {mails / taken,10:N0}
              delivered a second            {mails / delivered,10:N0}
              CPU, service                  {own / mails * 1e6,10:N0} µs a mail
              CPU, database                 {ofDatabase / mails * 1e6,10:N0} µs a mail
              CPU, Redis                    {(redis.ProcessorTime() - ofRedis).TotalMicroseconds / mails,10:N0} µs a mail
              peak memory, service          {ProcessCost.PeakMegabytes(service.Pid),10:N0} MB
            """));
    }

    /// <summary>The id of the newest entry.</summary>
    private static async Task<string?> AddAsync(RedisClient client, string stream, int first, int count)
    {
        var text = new string('x', 1_850);
        var (next, last) = (first - 1, StreamEntryId.Start);
        var gate = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Window).Select(async _ =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < first + count)
            {
                var reply = await client.ExecuteAsync(Command(stream, number, text), CancellationToken.None);
                lock (gate)
                {
                    last = StreamEntryId.TryParse(reply.Text, out var id) && id > last ? id : last;
                }
            }
        }));
        return last.ToString();
    }

    private static RedisCommand Command(string stream, int number, string text)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"mail-{number}");
        var payload = JsonSerializer.Serialize(new { to = new[] { $"player{number}@example.com" }, subject = "Your turn", text_body = text });
        return RedisCommand.Of(
            "XADD", stream, "*", "delivery_id", id, "source", "notification", "payload_mode", "rendered", "idempotency_key", $"notification:{id}",
            "requested_at_ms", 1_767_225_600_000, "payload_json", payload);
    }
}
