namespace Mailroom.Actors.Kernel;

/// <summary>
/// The kernel of one process: regions of shards over one store. Everything it depends on comes from outside: clock,
/// scheduling, store and effects; so a simulation can own all of it.
/// </summary>
public sealed class Node : IActorHost, IDisposable
{
    private readonly KernelOptions _options;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _clock;
    private readonly IKernelEvents _events;
    private readonly GroupCommit _commits;
    private readonly StoreSpell _spell;
    private readonly DueWheel _wheel;
    private readonly AskBook _asks;
    private readonly Dictionary<string, IRegion> _regions = [];
    private IRegion[] _all = [];
    private readonly ITimer _timer;
    private volatile bool _refusing;
    private volatile bool _isScanning;

    public Node(KernelOptions options, ICommitStore store, IScheduler scheduler, TimeProvider clock, IKernelEvents events)
    {
        _options = options;
        _scheduler = scheduler;
        _clock = clock;
        _events = events;
        _spell = new(options, clock, events);
        _commits = new(store, scheduler, options, _spell, events);
        _wheel = new(clock);
        _asks = new(scheduler, clock, options.AskDeadline);
        _timer = clock.CreateTimer(static node => ((Node)node!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>False while the store fails: whoever lets work in should refuse it.</summary>
    public bool IsStoreAvailable => _spell.IsAvailable;

    /// <summary>Nothing waits and nothing is in flight.</summary>
    public bool IsQuiet => Array.TrueForAll(_all, region => region.IsQuiet);

    /// <summary>It stops and takes no more messages.</summary>
    public bool IsRefusing => _refusing;

    /// <summary>Adds a kind of entity. All kinds are added before <see cref="Start"/>.</summary>
    public void Add<TEntity, TState, TMessage, TEvent>(EntityKind<TMessage> kind, IEntityRows<TState> rows, IEffects effects, IDueGate gate)
        where TEntity : IEntity<TState, TMessage, TEvent>
        where TState : class
        where TMessage : class
        where TEvent : class
    {
        var loads = new GroupLoad<TState>(rows, _scheduler, _options, _spell);
        var parts = new RegionParts<TState>(kind.Name, _options, _scheduler, _clock, _events, loads, _commits, _wheel, _spell) { Effects = effects };
        _regions.Add(kind.Name, new Region<TEntity, TState, TMessage, TEvent>(parts, rows, gate));
        _all = [.. _regions.Values];
    }

    /// <summary>Takes shards under the epochs the store gave; 0 leaves a shard to others. Messages are taken from now on; due rows wait for <see cref="StartScanning"/>.</summary>
    public void Own(IReadOnlyList<long> epochs)
    {
        for (var shard = 0; shard < epochs.Count; shard++)
        {
            Own(shard, epochs[shard]);
        }

        _timer.Change(_options.ScanInterval, _options.ScanInterval);
    }

    /// <summary>The shard of an id, whoever owns it.</summary>
    public int ShardOf(string id) => StableHash.Shard(id, _options.Shards);

    /// <summary>The epoch under which this node owns a shard; 0: it does not, or no longer.</summary>
    public long EpochOf(int shard)
    {
        var epoch = long.MaxValue;
        foreach (var region in _all)
        {
            epoch = Math.Min(epoch, region.EpochOf(shard));
        }

        return epoch;
    }

    /// <summary>Nothing of this shard waits or is in flight.</summary>
    public bool IsShardQuiet(int shard) => Array.TrueForAll(_all, region => region.IsShardQuiet(shard));

    /// <summary>Begins to look for due rows, at once and at every interval.</summary>
    public void StartScanning()
    {
        _isScanning = true;
        _timer.Change(TimeSpan.Zero, _options.ScanInterval);
    }

    /// <summary>Takes shards and begins to look for due rows.</summary>
    public void Start(IReadOnlyList<long> epochs)
    {
        Own(epochs);
        StartScanning();
    }

    /// <summary>Takes a shard under <paramref name="epoch"/>, or gives it up with 0.</summary>
    public void Own(int shard, long epoch)
    {
        foreach (var region in _all)
        {
            region.Own(shard, epoch);
        }
    }

    /// <summary>Looks for all due rows anew: shards have come in, and what waits in them was told to nobody here.</summary>
    public void LookForAll()
    {
        if (_isScanning)
        {
            Array.ForEach(_all, region => region.LookForAll());
        }
    }

    public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class => !_refusing && RegionOf(kind).Post(new(id, message, null));

    public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class
    {
        if (_refusing)
        {
            replyTo.Reply(NotDone.Stopping);
            return;
        }

        RegionOf(kind).Post(new(id, message, replyTo));
    }

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
        where TMessage : class
    {
        if (_refusing)
        {
            witness?.Reply(NotDone.Stopping);
            return new(NotDone.Stopping);
        }

        var ask = _asks.Open();
        ask.Witness = witness;
        var answer = ask.Task;
        RegionOf(kind).Post(new(id, message, ask));
        return answer;
    }

    public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class => RegionOf(kind).Post(new(id, null, null));

    /// <summary>Looks for due rows of a kind soon, without waiting for the next interval.</summary>
    public void Look<TMessage>(EntityKind<TMessage> kind)
        where TMessage : class => _regions[kind.Name].Look();

    /// <summary>Stops waking entities for due rows. What was told goes on.</summary>
    public void StopScanning()
    {
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var region in _all)
        {
            region.StopScan();
        }

        _wheel.Dispose();
    }

    /// <summary>
    /// Refuses new messages, waits until all that was taken is settled, at most <paramref name="within"/>, and gives up on
    /// what the store does not take by then. True: everything was settled.
    /// </summary>
    public async Task<bool> DrainAsync(TimeSpan within)
    {
        _refusing = true;
        var since = _clock.GetTimestamp();
        while (!IsQuiet && _clock.GetElapsedTime(since) < within)
        {
            _asks.Expire();
            await Task.Delay(TimeSpan.FromMilliseconds(2), _clock).ConfigureAwait(false);
        }

        var settled = IsQuiet;
        _commits.Abandon();
        foreach (var region in _all)
        {
            region.Abandon();
        }

        _asks.Close();
        return settled;
    }

    /// <summary>Stops at once: what is not durable by now never will be.</summary>
    public void Dispose()
    {
        _refusing = true;
        StopScanning();
        _timer.Dispose();
        _commits.Dispose();
        foreach (var region in _all)
        {
            region.Dispose();
        }

        _asks.Close();
    }

    private IRegion<TMessage> RegionOf<TMessage>(EntityKind<TMessage> kind)
        where TMessage : class => (IRegion<TMessage>)_regions[kind.Name];

    private void Tick()
    {
        _asks.Expire();
        if (!_isScanning)
        {
            return;
        }

        foreach (var region in _all)
        {
            _ = region.ScanAsync();
        }
    }
}
