namespace Mailroom.Actors.Kernel;

/// <summary>What the shards of one kind share.</summary>
internal sealed record RegionParts<TState>(
    string Kind, KernelOptions Options, IScheduler Scheduler, TimeProvider Clock, IKernelEvents Events, GroupLoad<TState> Loads, GroupCommit Commits,
    DueWheel Wheel, StoreSpell Spell)
    where TState : class
{
    public IEffects Effects { get; set; } = NoEffects.Instance;

    public IWakes Wakes { get; set; } = null!;
}

internal sealed class NoEffects : IEffects
{
    public static readonly NoEffects Instance = new();

    public void Run(string id, Effect effect) => throw new InvalidOperationException($"Nobody was given to run the effect {effect.GetType().Name}.");
}

/// <summary>One kind's shards on this node, without its types.</summary>
internal interface IRegion : IDisposable
{
    bool IsQuiet { get; }

    void Own(int shard, long epoch);

    /// <summary>The epoch under which this node owns a shard; 0: it does not.</summary>
    long EpochOf(int shard);

    bool IsShardQuiet(int shard);

    /// <summary>One scan for due rows.</summary>
    Task ScanAsync();

    /// <summary>A scan soon.</summary>
    void Look();

    /// <summary>A scan soon that begins with the oldest due row.</summary>
    void LookForAll();

    void StopScan();

    void Abandon();
}

/// <summary>A region by the messages it takes.</summary>
internal interface IRegion<TMessage> : IRegion
    where TMessage : class
{
    bool Post(in Envelope<TMessage> envelope);
}

/// <summary>One kind's shards on this node.</summary>
internal sealed class Region<TEntity, TState, TMessage, TEvent> : IRegion<TMessage>, IWakes
    where TEntity : IEntity<TState, TMessage, TEvent>
    where TState : class
    where TMessage : class
    where TEvent : class
{
    private readonly Shard<TEntity, TState, TMessage, TEvent>[] _shards;
    private readonly RegionParts<TState> _parts;
    private readonly DueScan<TState> _scan;

    public Region(RegionParts<TState> parts, IEntityRows<TState> rows, IDueGate gate)
    {
        _parts = parts;
        parts.Wakes = this;
        _shards = new Shard<TEntity, TState, TMessage, TEvent>[parts.Options.Shards];
        for (var number = 0; number < _shards.Length; number++)
        {
            _shards[number] = new(parts, number);
        }

        _scan = new(rows, gate, Tell, Owned, parts.Options, parts.Scheduler, parts.Clock, parts.Spell, parts.Kind, parts.Events);
    }

    public bool IsQuiet => Array.TrueForAll(_shards, shard => shard.IsQuiet);

    public bool Post(in Envelope<TMessage> envelope) => _shards[StableHash.Shard(envelope.Id, _shards.Length)].Post(envelope);

    public void Own(int shard, long epoch) => _shards[shard].Own(epoch);

    public long EpochOf(int shard) => _shards[shard].Epoch;

    public bool IsShardQuiet(int shard) => _shards[shard].IsQuiet;

    public Task ScanAsync() => _scan.RunAsync();

    public void Look() => _scan.Look();

    public void LookForAll() => _scan.LookForAll();

    public void StopScan() => _scan.Stop();

    public void Abandon() => _parts.Loads.Abandon();

    public void Wake(string id, Instant at) => Post(new(id, TEntity.Due(at), null));

    public void Dispose() => _parts.Loads.Dispose();

    /// <summary>Asked at each page, because a shard may be lost by a refused commit at any time.</summary>
    private IReadOnlyList<int> Owned() => [.. Enumerable.Range(0, _shards.Length).Where(number => _shards[number].Epoch != 0)];

    private bool Tell(string id, Instant at, IReplyTo replyTo) => Post(new(id, TEntity.Due(at), replyTo));
}
