using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>What is to go wrong with one commit.</summary>
public enum CommitFault
{
    None,

    /// <summary>Nothing is written and the store says that it is unavailable.</summary>
    Unavailable,

    /// <summary>All is written and the store says that it is unavailable.</summary>
    UnknownOutcome,
}

/// <summary>What is to go wrong with a <see cref="MemoryStore"/>.</summary>
public sealed class StoreFaults(IScheduler scheduler)
{
    private readonly Lock _gate = new();
    private readonly Queue<CommitFault> _script = new();
    private readonly HashSet<string> _poisoned = [];
    private readonly HashSet<string> _unreadable = [];
    private readonly Dictionary<string, int> _conflicts = [];
    private TaskCompletionSource? _held;

    /// <summary>Every call fails until this is false again.</summary>
    public bool IsUnavailable { get; set; }

    /// <summary>The store does not look at the epochs of shards: a defect, for tests of what would find it.</summary>
    public bool IgnoresEpochs { get; set; }

    /// <summary>The store does not look at the versions of rows: a defect, for tests of what would find it.</summary>
    public bool IgnoresVersions { get; set; }

    /// <summary>Claims of members are found as those of nodes that are gone.</summary>
    public bool TakesLivingForLost { get; set; }

    /// <summary>Leases are taken for over this long before they are: a defect, for tests of what would find it.</summary>
    public TimeSpan LeasesEndEarlyBy { get; set; }

    /// <summary>The store does not look at idempotency keys: a defect, for tests of what would find it.</summary>
    public bool IgnoresKeys { get; set; }

    /// <summary>Decides for each commit that no script speaks of; null: nothing goes wrong.</summary>
    public Func<CommitFault>? Draw { get; set; }

    /// <summary>The next commits go so, one after the other.</summary>
    public void Script(params IEnumerable<CommitFault> faults)
    {
        lock (_gate)
        {
            foreach (var fault in faults)
            {
                _script.Enqueue(fault);
            }
        }
    }

    /// <summary>Any transaction that holds a change of this id fails as a whole.</summary>
    public void Poison(string id) => Locked(() => _poisoned.Add(id));

    /// <summary>Any transaction that holds a change for which this is true fails as a whole.</summary>
    public Func<Change, bool>? PoisonWhen { get; set; }

    /// <summary>The row of this id cannot be read.</summary>
    public void MakeUnreadable(string id) => Locked(() => _unreadable.Add(id));

    public void MakeReadable(string id) => Locked(() => _unreadable.Remove(id));

    /// <summary>The next <paramref name="times"/> changes of this id are refused as if somebody else had written the row.</summary>
    public void Conflict(string id, int times) => Locked(() => _conflicts[id] = times);

    /// <summary>Commits wait from now on, until <see cref="Release"/>.</summary>
    public void Hold() => Locked(() => _held ??= new());

    /// <summary>Commits that wait go on, and later ones wait no more.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (_held is { } held)
            {
                _held = null;
                scheduler.Run(new Opening(held));
            }
        }
    }

    internal Task Held
    {
        get
        {
            lock (_gate)
            {
                return _held?.Task ?? Task.CompletedTask;
            }
        }
    }

    internal CommitFault NextCommit()
    {
        lock (_gate)
        {
            return IsUnavailable ? CommitFault.Unavailable : _script.TryDequeue(out var fault) ? fault : Draw?.Invoke() ?? CommitFault.None;
        }
    }

    internal void ThrowIfUnavailable()
    {
        if (IsUnavailable)
        {
            throw new StoreUnavailableException("The test made the store unavailable.");
        }
    }

    internal bool IsPoisoned(Change change) => PoisonWhen?.Invoke(change) == true || IsPoisoned(change.Id);

    private bool IsPoisoned(string id)
    {
        lock (_gate)
        {
            return _poisoned.Contains(id);
        }
    }

    internal bool IsUnreadable(string id)
    {
        lock (_gate)
        {
            return _unreadable.Contains(id);
        }
    }

    internal bool TakeConflict(string id)
    {
        lock (_gate)
        {
            if (_conflicts.GetValueOrDefault(id) == 0)
            {
                return false;
            }

            _conflicts[id]--;
            return true;
        }
    }

    private void Locked(Action change)
    {
        lock (_gate)
        {
            change();
        }
    }

    private sealed class Opening(TaskCompletionSource held) : IThreadPoolWorkItem
    {
        public void Execute() => held.SetResult();
    }
}
