using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>The rows of one kind of entity in a <see cref="MemoryStore"/>.</summary>
public class MemoryTable<TState, TEvent> : IEntityRows<TState>, IMemoryTable
    where TState : class
    where TEvent : class
{
    private readonly MemoryStore _store;
    private readonly Func<TState, Instant?> _dueAt;
    private readonly Dictionary<string, MemoryRow<TState, TEvent>> _rows = [];

    /// <summary>Those that want to be woken: a scan must not walk over all that ever ended.</summary>
    private readonly Dictionary<string, MemoryRow<TState, TEvent>> _waiting = [];
    private int _loads;
    private int _scans;

    internal MemoryTable(MemoryStore store, Func<TState, Instant?> dueAt)
    {
        _store = store;
        _dueAt = dueAt;
    }

    /// <summary>How many round trips read rows.</summary>
    public int Loads => Volatile.Read(ref _loads);

    /// <summary>How many round trips looked for due rows.</summary>
    public int Scans => Volatile.Read(ref _scans);

    public IReadOnlyList<MemoryRow<TState, TEvent>> Rows => Reading(() => _rows.Values.ToList());

    /// <summary>The row of an id, or null.</summary>
    public MemoryRow<TState, TEvent>? this[string id] => Reading(() => _rows.GetValueOrDefault(id));

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<TState>> found, CancellationToken cancel)
    {
        Interlocked.Increment(ref _loads);
        _store.Faults.ThrowIfUnavailable();
        foreach (var id in ids)
        {
            if (_store.Faults.IsUnreadable(id))
            {
                found(new(id, null, 0, new InvalidDataException($"The test made {id} unreadable.")));
            }
            else if (this[id] is { } row)
            {
                found(new(id, row.State, row.Version, null));
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel)
    {
        Interlocked.Increment(ref _scans);
        _store.Faults.ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<DueRow>>(() =>
        [
            .. DueRows(shards, now).Where(due => after is null || Compare(due, after) > 0).Take(limit),
        ]));
    }

    long IMemoryTable.VersionOf(string id) => _rows.GetValueOrDefault(id)?.Version ?? 0;

    object? IMemoryTable.Reject(Change change) => Reject((Change<TState, TEvent>)change);

    void IMemoryTable.Write(Change change)
    {
        var write = (Change<TState, TEvent>)change;
        var history = _rows.GetValueOrDefault(change.Id)?.History ?? [];
        var row = _rows[change.Id] = new(change.Id, change.Shard, write.After, change.NewVersion, _dueAt(write.After), [.. history, .. write.Events.ToArray()]);
        if (row.DueAt is null)
        {
            _waiting.Remove(change.Id);
        }
        else
        {
            _waiting[change.Id] = row;
        }

        Written(write);
    }

    /// <summary>Why a rule of this kind refuses the change, or null.</summary>
    protected virtual object? Reject(Change<TState, TEvent> change) => null;

    /// <summary>Writes what else belongs to the change.</summary>
    protected virtual void Written(Change<TState, TEvent> change)
    {
    }

    /// <summary>The group of a row, or null.</summary>
    protected virtual string? GroupOf(TState state) => null;

    /// <summary>What is due, by time and id. Under the store's lock.</summary>
    protected IEnumerable<DueRow> DueRows(IReadOnlyList<int> shards, Instant now) => _waiting.Values
        .Where(row => row.DueAt <= now && shards.Contains(row.Shard))
        .Select(row => new DueRow(row.DueAt!.Value, row.Id) { Group = GroupOf(row.State) })
        .Order(Comparer<DueRow>.Create(Compare));

    /// <summary>How many rows want to be woken, now or later.</summary>
    public int Waiting => Reading(() => _waiting.Count);

    /// <summary>Reads under the store's lock.</summary>
    protected T Reading<T>(Func<T> read)
    {
        lock (_store.Gate)
        {
            return read();
        }
    }

    /// <exception cref="StoreUnavailableException">The test made it so.</exception>
    /// <summary>Within <see cref="Reading"/>: the incarnation is no member.</summary>
    protected bool IsLost(long incarnation) => _store.IsLost(incarnation);

    protected void ThrowIfUnavailable() => _store.Faults.ThrowIfUnavailable();

    private static int Compare(DueRow left, DueRow right) =>
        left.At.CompareTo(right.At) is var time and not 0 ? time : string.CompareOrdinal(left.Id, right.Id);
}

/// <summary>A stored entity and the events that made it.</summary>
public sealed record MemoryRow<TState, TEvent>(string Id, int Shard, TState State, long Version, Instant? DueAt, IReadOnlyList<TEvent> History);
