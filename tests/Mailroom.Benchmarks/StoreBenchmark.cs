using System.Diagnostics;
using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data;
using Mailroom.Data.Postgres;
using Mailroom.Data.Sqlite;
using DeliveryChange = Mailroom.Actors.Kernel.Change<Mailroom.Actors.Deliveries.DeliveryState, Mailroom.Actors.Deliveries.DeliveryEvent>;

namespace Mailroom.Benchmarks;

/// <summary>
/// What a mail costs in the stores: elapsed and CPU microseconds for accept (2 KB), claim and completion, by size of batch. The
/// CPU is that of this process and, for PostgreSQL, of the server, which has to run on this machine.
/// </summary>
public static class StoreBenchmark
{
    private const int Shards = 64;

    private static readonly int[] BatchSizes = [1, 10, 100, 500];

    /// <param name="postgres">Npgsql's connection string to a database that may be written to, or null to leave PostgreSQL out. Its schema <c>store_benchmark</c> is replaced.</param>
    /// <param name="output">Where the table goes.</param>
    public static async Task RunAsync(string? postgres, TextWriter output)
    {
        await output.WriteLineAsync("store       batch    mails   accept µs (cpu)    claim µs (cpu)   complete µs (cpu)");
        var folder = Directory.CreateTempSubdirectory("mailroom-benchmark-");
        await using (var store = SqliteStore.Open(new(Path.Combine(folder.FullName, "mail.db"), TimeSpan.FromSeconds(30)), TimeProvider.System))
        {
            await MeasureAsync("sqlite", store, ProcessorTime.OfThisProcess, output);
        }

        folder.Delete(recursive: true);
        if (postgres is null)
        {
            return;
        }

        await using var server = await PostgresServer.PrepareAsync(postgres);
        await using (var store = PostgresStore.Open(new(server.ConnectionString, TimeSpan.FromSeconds(30), 4, 2, TimeSpan.Zero), TimeProvider.System))
        {
            await MeasureAsync("postgresql", store, server.ProcessorTime, output);
        }
    }

    private static async Task MeasureAsync(string name, IMailroomStore store, Func<TimeSpan> processorTime, TextWriter output)
    {
        await store.Admin.MigrateUpAsync(CancellationToken.None);
        var node = await store.Ownership.JoinAsync(new NodeCard("benchmark", ""), TimeSpan.FromMinutes(1), Shards, CancellationToken.None);
        var mails = new Mails(node);
        await LifeAsync(store, mails, 1000, 100, processorTime);
        foreach (var size in BatchSizes)
        {
            var count = size == 1 ? 2000 : 20_000;
            var (accept, claim, complete) = await LifeAsync(store, mails, count, size, processorTime);
            await output.WriteLineAsync($"{name,-10} {size,6} {count,8}   {accept,15}   {claim,15}   {complete,17}");
        }
    }

    private static async Task<(Cost Accept, Cost Claim, Cost Complete)> LifeAsync(
        IMailroomStore store, Mails mails, int count, int size, Func<TimeSpan> processorTime)
    {
        var accepts = Enumerable.Range(0, count).Select(_ => mails.Accept()).ToArray();
        var accept = await CommitAsync(store, accepts, size, processorTime);
        var claims = accepts.Select(mails.Claim).ToArray();
        var claim = await CommitAsync(store, claims, size, processorTime);
        var ends = claims.Select(mails.Complete).ToArray();
        return (accept, claim, await CommitAsync(store, ends, size, processorTime));
    }

    private static async Task<Cost> CommitAsync(IMailroomStore store, DeliveryChange[] changes, int size, Func<TimeSpan> processorTime)
    {
        GC.Collect();
        var (cpu, started) = (processorTime(), Stopwatch.GetTimestamp());
        for (var first = 0; first < changes.Length; first += size)
        {
            await store.Commits.CommitAsync(new ArraySegment<Change>(changes, first, Math.Min(size, changes.Length - first)), CancellationToken.None);
        }

        var cost = new Cost(Stopwatch.GetElapsedTime(started) / changes.Length, (processorTime() - cpu) / changes.Length);
        return Array.TrueForAll(changes, change => change.Outcome == ChangeOutcome.Committed)
            ? cost
            : throw new InvalidOperationException("Not every change was committed.");
    }

    /// <summary>For one mail.</summary>
    private readonly record struct Cost(TimeSpan Elapsed, TimeSpan Cpu)
    {
        public override string ToString() => FormattableString.Invariant($"{Elapsed.TotalMicroseconds:F1} ({Cpu.TotalMicroseconds:F1})");
    }

    /// <summary>Real changes of the real state machine.</summary>
    private sealed class Mails(ClusterView node)
    {
        private static readonly AttemptReport Accepted = new()
        {
            Status = AttemptStatus.ProviderAccepted, ReplyCode = 250, EnhancedCode = "2.0.0", Summary = "2.0.0 Ok: queued as 4XyZ1234AbCd",
            RemoteHost = "mx.example.test", Conversation = new string('c', 400),
        };

        private static readonly DeliveryRequest Request = new()
        {
            From = new("sender@example.test", "Sender"), To = [new("recipient@example.test")], Subject = "Hello", Text = new string('x', 1850),
        };

        private static readonly byte[] Payload = PayloadCodec.Encode(Request);

        private long _sequence;

        public DeliveryChange Accept()
        {
            var id = new DeliveryId($"em_{Guid.CreateVersion7():N}");
            return Decide(id.Value, DeliveryState.Absent, 0, new AcceptDelivery
            {
                Id = id, Org = OrgId.Default, Source = "api", Request = Request, Payload = Payload, AcceptToken = ++_sequence,
            });
        }

        public DeliveryChange Claim(DeliveryChange accepted) => Decide(
            accepted.Id, accepted.After, 1,
            new ClaimAttempt(new(new(node.Self, ++_sequence), TimeProvider.System.Now() + TimeSpan.FromMinutes(1))));

        public DeliveryChange Complete(DeliveryChange claimed) => Decide(
            claimed.Id, claimed.After, 2, new AttemptFinished(claimed.After.Claim!.Token, Accepted, RetryLadder.Default));

        private DeliveryChange Decide(string id, DeliveryState before, long version, DeliveryMessage message)
        {
            var events = Delivery.Decide(before, message, TimeProvider.System.Now()).Events;
            var after = before;
            foreach (var happened in events)
            {
                after = Delivery.Apply(after, happened);
            }

            var shard = StableHash.Shard(id, Shards);
            return new()
            {
                Kind = Delivery.Kind.Name, Id = id, Shard = shard, Epoch = node.Shards[shard].Epoch, ExpectedVersion = version,
                Before = before, After = after, Events = events,
            };
        }
    }
}
