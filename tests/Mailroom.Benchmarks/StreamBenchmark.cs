using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;
using Mailroom.Api.Stream;
using Mailroom.Data;
using Mailroom.Data.Postgres;
using Mailroom.Data.Sqlite;

namespace Mailroom.Benchmarks;

/// <summary>What a command of the stream costs from its bytes to its commit: the real parser, consumer and store over a stream in memory, nothing sent.</summary>
public static class StreamBenchmark
{
    private const int Shards = 64;

    /// <param name="postgres">Npgsql's connection string, or null for a SQLite file.</param>
    /// <param name="entries">Commands of 2 KB.</param>
    /// <param name="output">Where the figures go.</param>
    public static async Task RunAsync(string? postgres, int entries, TextWriter output)
    {
        var stream = new EntriesInMemory(entries);
        await ParseAsync(stream, entries, output);
        if (postgres is null)
        {
            var folder = Directory.CreateTempSubdirectory("mailroom-benchmark-");
            await using (var store = SqliteStore.Open(new(Path.Combine(folder.FullName, "mail.db"), TimeSpan.FromSeconds(30)), TimeProvider.System))
            {
                await ConsumeAsync("sqlite", store, stream, entries, ProcessorTime.OfThisProcess, output);
            }

            folder.Delete(recursive: true);
            return;
        }

        await using var server = await PostgresServer.PrepareAsync(postgres);
        await using (var store = PostgresStore.Open(new(server.ConnectionString, TimeSpan.FromSeconds(30), 5, 2, TimeSpan.Zero), TimeProvider.System))
        {
            await ConsumeAsync("postgresql", store, stream, entries, server.ProcessorTime, output);
        }
    }

    private static CommandParser Parser() => new(new AnyTemplate(), new("mailroom@example.test"), OrgId.Default);

    private static async Task ParseAsync(EntriesInMemory stream, int entries, TextWriter output)
    {
        var parser = Parser();
        for (var round = 0; round < 2; round++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var entry in stream.All)
            {
                if (parser.Parse(entry).Mail is null)
                {
                    throw new InvalidOperationException("The benchmark's command was refused.");
                }
            }

            await output.WriteLineAsync($"parse        {Rate(entries, Stopwatch.GetElapsedTime(started))}{(round == 0 ? " (cold)" : "")}");
        }
    }

    private static async Task ConsumeAsync(
        string name, IMailroomStore store, EntriesInMemory stream, int entries, Func<TimeSpan> processorTime, TextWriter output)
    {
        await store.Admin.MigrateUpAsync(CancellationToken.None);
        var node = await store.Ownership.JoinAsync(new NodeCard("benchmark", ""), TimeSpan.FromMinutes(1), Shards, CancellationToken.None);
        using var events = new Milestones();
        var ports = new ConsumerPorts(
            stream, store.Streams, Parser(), new Tokens(), new NoAttempts(), events, ThreadPoolScheduler.Instance, TimeProvider.System);
        using var consumer = new CommandConsumer(
            ports, new(), new(TimeSpan.FromHours(168), UncertainPolicy.Retry), Shards, node.Shards[CommandConsumer.ShardOf(stream.Name, Shards)].Epoch);
        var (cpu, started) = (processorTime(), Stopwatch.GetTimestamp());
        consumer.Start();

        // The first half warms up.
        await events.ReachedAsync(entries / 2);
        var (cpuHalf, half) = (processorTime(), Stopwatch.GetTimestamp());
        await events.ReachedAsync(entries);
        await output.WriteLineAsync($"{name,-12} {Rate(entries / 2, half, started)} (cold), CPU {(cpuHalf - cpu).TotalMicroseconds / (entries / 2):F1} µs");
        await output.WriteLineAsync(
            $"{name,-12} {Rate(entries - (entries / 2), Stopwatch.GetElapsedTime(half))}, CPU {(processorTime() - cpuHalf).TotalMicroseconds / (entries - (entries / 2)):F1} µs");
        await consumer.StopAsync(TimeSpan.FromSeconds(10));
    }

    private static string Rate(int entries, long until, long since) => Rate(entries, Stopwatch.GetElapsedTime(since, until));

    private static string Rate(int entries, TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture, $"{entries / elapsed.TotalSeconds,9:F0} a second, {elapsed.TotalMicroseconds / entries,6:F1} µs each");

    private sealed class EntriesInMemory : ICommandStream
    {
        private static readonly byte[][] Names =
            [.. new[] { "delivery_id", "source", "payload_mode", "idempotency_key", "requested_at_ms", "payload_json" }.Select(Encoding.ASCII.GetBytes)];

        public EntriesInMemory(int count) => All = Enumerable.Range(1, count).Select(Entry).ToArray();

        public StreamEntry[] All { get; }

        public string Name => "mail:delivery_commands";

        public async ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after, int limit, TimeSpan block, CancellationToken cancel)
        {
            var first = (int)after.Milliseconds;
            if (first == All.Length)
            {
                await Task.Delay(block, cancel);
            }

            return new ArraySegment<StreamEntry>(All, first, Math.Min(limit, All.Length - first));
        }

        public ValueTask<StreamFacts?> FactsAsync(CancellationToken cancel) =>
            new(new StreamFacts(All.Length, All[0].Id, All[^1].Id, null) { Added = All.Length });

        public ValueTask SaveOffsetCopyAsync(StreamEntryId offset, CancellationToken cancel) => default;

        private static StreamEntry Entry(int number)
        {
            var id = $"mail-{number}";
            var payload = JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["to"] = new[] { $"player{number}@example.com" }, ["subject"] = "Your turn", ["text_body"] = new string('x', 1850),
            });
            string[] values = [id, "notification", "rendered", "notification:" + id, "1767225600000", payload];
            return new(new((ulong)number, 0), [.. values.Select((value, at) => new StreamField(Names[at], Encoding.UTF8.GetBytes(value)))]);
        }
    }

    private sealed class Milestones : IStreamEvents, IDisposable
    {
        private readonly SemaphoreSlim _moved = new(0);
        private int _taken;
        private Exception? _failure;

        public async Task ReachedAsync(int count)
        {
            while (Volatile.Read(ref _taken) < count)
            {
                await _moved.WaitAsync();
                if (_failure is { } why)
                {
                    throw new InvalidOperationException("The consumer met something that the benchmark gives no cause for.", why);
                }
            }
        }

        public void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed)
        {
            Interlocked.Add(ref _taken, accepted);
            _moved.Release();
        }

        public void Dispose() => _moved.Dispose();

        public void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source) => Fail(null);

        public void GapFound(string stream, StreamEntryId offset, long? lost) => Fail(null);

        public void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last) => Fail(null);

        public void Unavailable(string stream, string part, Exception why) => Fail(why);

        public void Recovered(string stream, string part) => Fail(null);

        public void Lost(string stream) => Fail(null);

        public void Faulted(string stream, StreamEntryId entry, Exception why) => Fail(why);

        private void Fail(Exception? why, [System.Runtime.CompilerServices.CallerMemberName] string what = "")
        {
            _failure ??= why ?? new InvalidOperationException(what);
            _moved.Release();
        }
    }

    private sealed class NoAttempts : IEffects
    {
        public void Run(string id, Effect effect)
        {
            // Sending is measured elsewhere.
        }
    }

    private sealed class AnyTemplate : ITemplates
    {
        public bool Knows(string templateId) => true;

        public RenderResult Render(string templateId, string? locale, JsonElement variables) => throw new NotSupportedException("Nothing is rendered here.");
    }

    private sealed class Tokens : IIdSource
    {
        private long _last;

        public DeliveryId NewDeliveryId() => new($"em_{NewToken()}");

        public long NewToken() => Interlocked.Increment(ref _last);
    }
}
