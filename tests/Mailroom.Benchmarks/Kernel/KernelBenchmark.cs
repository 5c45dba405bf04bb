using System.Diagnostics;
using Mailroom.Actors.Kernel;

namespace Mailroom.Benchmarks.Kernel;

/// <summary>The kernel alone: asks a second, latency, allocation an ask, memory an idle entity.</summary>
internal static class KernelBenchmark
{
    private const int Entities = 20_000;
    private const int Outstanding = 1_000;

    public static async Task RunAsync(TimeSpan length)
    {
        using var store = new MillisecondStore();
        using var node = new Node(new KernelOptions(), store, ThreadPoolScheduler.Instance, TimeProvider.System, new LoudEvents());
        var before = LiveBytes();
        node.Add<Counter, CounterState, CountUp, CountedUp>(Counter.Kind, store, new NoEffects(), OpenGate.Instance);
        node.Start([.. Enumerable.Repeat(1L, 64)]);
        var ids = Enumerable.Range(0, Entities).Select(i => $"em_{i:D8}").ToArray();
        await TouchAllAsync(node, ids);
        var perEntity = (LiveBytes() - before) / (double)Entities;

        await LoadAsync(node, ids, TimeSpan.FromSeconds(2));
        var (asks, latencies, seconds, allocated, cpu) = await LoadAsync(node, ids, length);
        Array.Sort(latencies);
        Console.WriteLine($"""
            kernel: {Entities:N0} entities, {Outstanding:N0} asks outstanding, a store that commits each millisecond
              asks a second       {asks / seconds,12:N0}
              p50 / p99 / max     {Percentile(latencies, 0.5):F2} / {Percentile(latencies, 0.99):F2} / {latencies[^1] / 1000.0:F2} ms
              allocated an ask    {allocated / asks,12:N0} bytes
              CPU an ask          {cpu.TotalMicroseconds / asks,12:F2} µs
              kept an entity      {perEntity,12:N0} bytes (with its row in the benchmark's store)
              changes a commit    {store.Changes / (double)store.Commits,12:N0}
            """);
    }

    private static async Task TouchAllAsync(Node node, string[] ids)
    {
        foreach (var chunk in ids.Chunk(Outstanding))
        {
            await Task.WhenAll(chunk.Select(id => node.AskAsync(Counter.Kind, id, CountUp.One).AsTask()));
        }
    }

    private static async Task<(long Asks, int[] Latencies, double Seconds, double Allocated, TimeSpan Cpu)> LoadAsync(Node node, string[] ids, TimeSpan length)
    {
        var latencies = new List<int>[Outstanding];
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Outstanding).Select(asker => Task.Run(async () =>
        {
            var mine = latencies[asker] = new(8192);
            var random = new Random(asker);
            while (Stopwatch.GetElapsedTime(since) < length)
            {
                var asked = Stopwatch.GetTimestamp();
                var answer = await node.AskAsync(Counter.Kind, ids[random.Next(ids.Length)], CountUp.One);
                if (answer is NotDone why)
                {
                    throw new InvalidOperationException(why.Reason);
                }

                mine.Add((int)Stopwatch.GetElapsedTime(asked).TotalMicroseconds);
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        var all = latencies.SelectMany(mine => mine).ToArray();
        return (all.Length, all, seconds, GC.GetTotalAllocatedBytes(precise: true) - allocated, Process.GetCurrentProcess().TotalProcessorTime - cpu);
    }

    private static double Percentile(int[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)] / 1000.0;

    private static long LiveBytes() => GC.GetTotalMemory(forceFullCollection: true);

    private sealed class NoEffects : IEffects
    {
        public void Run(string id, Effect effect) => throw new InvalidOperationException("A counter has no effects.");
    }

    private sealed class LoudEvents : IKernelEvents
    {
        public void DecisionFailed(string kind, string id, string message, Exception why) => Console.Error.WriteLine($"{kind} {id}: {why}");

        public void Quarantined(string kind, string id, Exception why) => Console.Error.WriteLine($"{kind} {id}: {why}");

        public void ChangePoisoned(string kind, string id, Exception why) => Console.Error.WriteLine($"{kind} {id}: {why}");

        public void Fenced(int shard) => Console.Error.WriteLine($"shard {shard} fenced");

        public void StoreFailed(Exception why) => Console.Error.WriteLine(why);

        public void StoreRecovered() => Console.Error.WriteLine("store recovered");

        public void CallbackFailed(string kind, string id, Exception why) => Console.Error.WriteLine($"{kind} {id}: {why}");
    }
}
