using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>
/// A store as the ports ask for it, in memory: versions, epochs, one transaction a batch, and rules that reject. Outlives the
/// nodes that use it, so that a test can restart them. Use from several threads is safe.
/// </summary>
public sealed partial class MemoryStore(IScheduler scheduler) : ICommitStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IMemoryTable> _tables = [];
    private readonly List<int> _batches = [];
    private long[] _epochs = [];

    public StoreFaults Faults { get; } = new(scheduler);

    /// <summary>How many changes each try of a transaction held, in order.</summary>
    public IReadOnlyList<int> Batches
    {
        get
        {
            lock (_gate)
            {
                return [.. _batches];
            }
        }
    }

    /// <summary>Told of every change that takes effect, at that moment.</summary>
    public Action<Change>? TookEffect { get; set; }

    internal Lock Gate => _gate;

    /// <summary>The rows of one kind.</summary>
    public MemoryTable<TState, TEvent> Table<TState, TEvent>(string kind, Func<TState, Instant?> dueAt)
        where TState : class
        where TEvent : class => Add(kind, new MemoryTable<TState, TEvent>(this, dueAt));

    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        var fault = await BeginAsync(batch.Count, cancel).ConfigureAwait(false);
        Write(batch);
        if (fault == CommitFault.UnknownOutcome)
        {
            throw new StoreUnavailableException("The test lost the answer to this commit.");
        }
    }

    internal T Add<T>(string kind, T table)
        where T : IMemoryTable
    {
        _tables.Add(kind, table);
        return table;
    }

    /// <summary>Counts a transaction that is about to be tried, and says what is to go wrong with it.</summary>
    internal async ValueTask<CommitFault> BeginAsync(int changes, CancellationToken cancel)
    {
        lock (_gate)
        {
            _batches.Add(changes);
        }

        await Faults.Held.WaitAsync(cancel).ConfigureAwait(false);
        var fault = Faults.NextCommit();
        return fault == CommitFault.Unavailable ? throw new StoreUnavailableException("The test made the store unavailable.") : fault;
    }

    /// <summary>Within <see cref="Gate"/>: whether the shard is owned under this epoch.</summary>
    internal bool IsOwned(int shard, long epoch) => Faults.IgnoresEpochs || _epochs[shard] == epoch;

    /// <summary>Within <see cref="Gate"/>: a new row, whoever owns its shard.</summary>
    internal ChangeOutcome Insert(Change change)
    {
        var table = _tables[change.Kind];
        change.Rejection = table.Reject(change);
        if (change.Rejection is not null || table.VersionOf(change.Id) != 0)
        {
            return change.Rejection is not null ? ChangeOutcome.Rejected : ChangeOutcome.Conflict;
        }

        table.Write(change);
        TookEffect?.Invoke(change);
        return ChangeOutcome.Committed;
    }

    private void Write(IReadOnlyList<Change> batch)
    {
        lock (_gate)
        {
            foreach (var change in batch)
            {
                if (Faults.IsPoisoned(change))
                {
                    throw new InvalidDataException($"The test poisoned {change.Id}.");
                }
            }

            foreach (var change in batch)
            {
                Write(change);
            }
        }
    }

    private void Write(Change change)
    {
        var table = _tables[change.Kind];
        change.Rejection = null;

        // The version first: a change that comes again after an unknown outcome must not trip over its own idempotency key.
        change.Outcome = !IsOwned(change.Shard, change.Epoch) ? ChangeOutcome.Fenced
            : Faults.TakeConflict(change.Id) || (!Faults.IgnoresVersions && table.VersionOf(change.Id) != change.ExpectedVersion) ? ChangeOutcome.Conflict
            : (change.Rejection = table.Reject(change)) is not null ? ChangeOutcome.Rejected
            : ChangeOutcome.Committed;
        if (change.Outcome == ChangeOutcome.Committed)
        {
            table.Write(change);
            TookEffect?.Invoke(change);
        }
    }
}

/// <summary>One kind's rows, as the store writes them.</summary>
internal interface IMemoryTable
{
    long VersionOf(string id);

    /// <summary>Why a rule refuses the change, or null.</summary>
    object? Reject(Change change);

    void Write(Change change);
}
