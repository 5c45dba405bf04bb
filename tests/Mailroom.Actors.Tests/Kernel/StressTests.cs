using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>Real threads, and a store that fails at random.</summary>
public sealed class StressTests
{
    private const int Asks = 100_000;
    private const int Entities = 2_000;

    [Theory]
    [InlineData(1)]
    [InlineData(20260712)]
    public async Task What_was_acknowledged_is_stored_once_whatever_the_store_does(int seed)
    {
        var random = new Random(seed);
        var store = new MemoryStore(ThreadPoolScheduler.Instance);
        var rows = store.Table<BookState, BookEvent>(Book.Kind.Name, Book.DueAt);
        store.Faults.Draw = () => random.Next(20) switch { 0 => CommitFault.Unavailable, 1 => CommitFault.UnknownOutcome, _ => CommitFault.None };
        var options = new KernelOptions { Shards = 8, EntitiesPerShard = 200, FirstStoreWait = TimeSpan.FromMilliseconds(1), LongestStoreWait = TimeSpan.FromMilliseconds(4), AskDeadline = TimeSpan.FromMinutes(2) };
        var events = new RecordingKernelEvents();
        using var node = new Node(options, store, ThreadPoolScheduler.Instance, TimeProvider.System, events);
        node.Add<Book, BookState, BookMessage, BookEvent>(Book.Kind, rows, new NoEffects(), OpenGate.Instance);
        node.Start(store.Join(options.Shards));
        var acknowledged = new int[Asks];

        await Task.WhenAll(Enumerable.Range(0, 4).Select(asker => Task.Run(() => AskAllAsync(node, asker, acknowledged))));

        (await node.DrainAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        acknowledged.ShouldAllBe(times => times == 1);
        var stored = rows.Rows.SelectMany(row => row.State.Entries).ToList();
        stored.Count.ShouldBe(Asks);
        stored.Order().ShouldBe(Enumerable.Range(0, Asks));
        rows.Rows.ShouldAllBe(row => row.Version == row.History.Count && row.State.Entries.Count == row.History.Count);
        events.Lines.ShouldAllBe(line => line == "store_failed" || line == "store_recovered");
    }

    /// <summary>Up to 250 asks outstanding; one that is refused as busy is asked again.</summary>
    private static async Task AskAllAsync(Node node, int asker, int[] acknowledged)
    {
        var mine = Enumerable.Range(0, Asks).Where(entry => entry % 4 == asker);
        foreach (var chunk in mine.Chunk(250))
        {
            await Task.WhenAll(chunk.Select(async entry =>
            {
                object answer;
                do
                {
                    answer = await node.AskAsync(Book.Kind, $"b{entry * 7919L % Entities}", new Enter(entry));
                    answer.ShouldBeOneOf(new Entered(entry), NotDone.Busy);
                }
                while (answer == (object)NotDone.Busy);

                Interlocked.Increment(ref acknowledged[entry]);
            }));
        }
    }

    private sealed class NoEffects : IEffects
    {
        public void Run(string id, Effect effect) => effect.ShouldBeOfType<Ring>();
    }
}
