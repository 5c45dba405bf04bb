using Mailroom.Actors.Kernel;

namespace Mailroom.Benchmarks.Kernel;

/// <summary>The least that an entity can be: every ask persists one event.</summary>
internal sealed class Counter : IEntity<CounterState, CountUp, CountedUp>
{
    public static readonly EntityKind<CountUp> Kind = new("counter");

    public static CounterState Absent { get; } = new(0);

    public static Decision<CountedUp> Decide(CounterState state, CountUp message, Instant now) =>
        Decision<CountedUp>.Persist(CountedUp.One).Reply(message);

    public static CounterState Apply(CounterState state, CountedUp happened) => new(state.Count + 1);

    public static Instant? DueAt(CounterState state) => null;

    public static CountUp Due(Instant at) => CountUp.One;

    public static bool Creates(CountUp message) => false;

    public static bool IsResting(CounterState state) => false;
}

internal sealed record CounterState(long Count);

internal sealed record CountUp
{
    public static readonly CountUp One = new();
}

internal sealed record CountedUp
{
    public static readonly CountedUp One = new();
}

/// <summary>A store that settles whatever it was given at each millisecond, and keeps the counts.</summary>
internal sealed class MillisecondStore : ICommitStore, IEntityRows<CounterState>, IDisposable
{
    private readonly Dictionary<string, (CounterState State, long Version)> _rows = [];
    private readonly Thread _ticker;
    private volatile bool _stopping;
    private TaskCompletionSource? _waiting;

    public MillisecondStore()
    {
        _ticker = new Thread(Tick) { IsBackground = true, Name = "store" };
        _ticker.Start();
    }

    public long Commits { get; private set; }

    public long Changes { get; private set; }

    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        var tick = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _waiting, tick);
        await tick.Task.ConfigureAwait(false);
        lock (_rows)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var change = (Change<CounterState, CountedUp>)batch[i];
                _rows[change.Id] = (change.After, change.NewVersion);
                change.Outcome = ChangeOutcome.Committed;
            }
        }

        Commits++;
        Changes += batch.Count;
    }

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<CounterState>> found, CancellationToken cancel)
    {
        lock (_rows)
        {
            foreach (var id in ids)
            {
                if (_rows.TryGetValue(id, out var row))
                {
                    found(new(id, row.State, row.Version, null));
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        new([]);

    public void Dispose()
    {
        _stopping = true;
        _ticker.Join();
    }

    private void Tick()
    {
        while (!_stopping)
        {
            Thread.Sleep(1);
            Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
        }
    }
}
