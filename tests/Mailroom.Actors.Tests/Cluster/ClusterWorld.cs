using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Tests.Deliveries;

namespace Mailroom.Actors.Tests.Cluster;

/// <summary>Several whole nodes over one store in memory, with hands on clock and scheduler, on what goes between the nodes, and on each one's way to the store.</summary>
internal sealed class ClusterWorld : IDisposable
{
    public const int Shards = 8;
    public const string Stream = "mail:delivery_commands";

    /// <summary>Within this a lost node is replaced.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ManualWorld _world = new();
    private readonly List<ClusterMember> _members = [];
    private readonly CountingIds _ids = new();
    private readonly DispatchOptions _dispatch;

    public ClusterWorld(params string[] names)
        : this(new DispatchOptions(4, TimeSpan.FromSeconds(45)) { Ahead = 0 }, names)
    {
    }

    public ClusterWorld(DispatchOptions dispatch, params string[] names)
    {
        _dispatch = dispatch;
        Store = new(_world.Scheduler) { IsShared = true, Clock = _world.Clock };
        Deliveries = MemoryDeliveries.In(Store);
        Orgs = MemoryOrgs.In(Store);
        Streams = new(Store);
        Wire = new(_world.Clock);
        Commands = new(Stream, _world.Scheduler, _world.Clock);
        foreach (var name in names)
        {
            Start(name);
        }

        UntilEven();
    }

    public MemoryStore Store { get; }

    public MemoryDeliveries Deliveries { get; }

    public MemoryOrgs Orgs { get; }

    public MemoryStreams Streams { get; }

    public ScriptedStream Commands { get; }

    /// <summary>What the nodes send to each other.</summary>
    public ClusterWire Wire { get; }

    public ManualWorld Time => _world;

    public Instant Now => _world.Now;

    /// <summary>The newest of that name.</summary>
    public ClusterMember this[string name] => _members.Last(member => member.Name == name);

    /// <summary>Starts a node; one of the same name may have run before.</summary>
    public ClusterMember Start(string name)
    {
        var member = Make(name);
        _members.Add(member);
        Wire.Plug(member);
        Inline.Do(() => member.Started = member.Node.StartAsync(CancellationToken.None));
        _world.Finish(member.Started, Patience);
        member.Node.Add(Commands, Streams, new ScriptedCommands(), new RecordingStreamEvents(), new());
        Inline.Do(member.Node.StartStreams);
        _world.Run();
        return member;
    }

    /// <summary>The process dies with all that it had in memory; nobody is told.</summary>
    public void Kill(ClusterMember member)
    {
        member.Process.Die();
        Wire.Unplug(member);
        member.Node.Dispose();
        member.Provider.Forget();
        _world.Run();
    }

    public void UntilEven() => UntilEven([.. Alive]);

    /// <summary>Waits until these have shares as even as can be of all that they are to share.</summary>
    public void UntilEven(params ClusterMember[] members) => _world.AdvanceUntil(
        () => Array.TrueForAll(members, member => member.Owned >= Shards / Alive.CountBy(each => each.Name).Count()), Patience);

    public void Run() => _world.Run();

    public void Advance(TimeSpan by) => _world.Advance(by);

    public void AdvanceUntil(Func<bool> reached, TimeSpan within) => _world.AdvanceUntil(reached, within);

    public T Result<T>(Func<ValueTask<T>> ask, TimeSpan within)
    {
        var pending = Begin(ask);
        return _world.Result(pending, within);
    }

    /// <summary>What awaits it goes on inline, as everything else here does.</summary>
    public Task<T> Begin<T>(Func<ValueTask<T>> ask)
    {
        Task<T>? pending = null;
        Inline.Do(() => pending = ask().AsTask());
        return pending!;
    }

    /// <summary>Posts a mail at a node and waits for the answer.</summary>
    public object Accept(ClusterMember at, NewDelivery mail, TimeSpan within = default) => Result(() => at.Node.Intake.AcceptAsync(mail), within);

    public object Ask(ClusterMember at, string id, DeliveryMessage message, TimeSpan within = default) =>
        Result(() => at.Node.Actors.AskAsync(Delivery.Kind, id, message), within);

    public object Tell(ClusterMember at, string org, OrgMessage message) => Result(() => at.Node.Actors.AskAsync(Org.Kind, org, message), Patience);

    public static NewDelivery Mail(string? id = null, string org = "org_default") => new()
    {
        Org = new(org), Source = "api", Id = id is null ? null : new DeliveryId(id), Request = Mails.Request(),
    };

    /// <summary>An id that nobody has used, of a shard that a node owns now.</summary>
    public static string IdOf(ClusterMember owner, int number = 0) => Enumerable.Range(0, 10_000).Select(n => $"m{number}_{n}")
        .First(id => owner.Node.EpochOf(StableHash.Shard(id, Shards)) != 0);

    public DeliveryStatus StatusOf(string id) => Deliveries[id]?.State.Status ?? DeliveryStatus.Absent;

    public IEnumerable<AttemptStatus> Attempts(string id) =>
        Result(() => Deliveries.AttemptsAsync(new(id), CancellationToken.None), TimeSpan.Zero).Select(attempt => attempt.Status);

    public void Dispose()
    {
        foreach (var member in Alive)
        {
            Kill(member);
        }
    }

    private IReadOnlyList<ClusterMember> Alive => [.. _members.Where(member => Wire.IsPlugged(member))];

    private ClusterMember Make(string name)
    {
        var process = new ProcessScheduler(_world.Scheduler);
        var provider = new ScriptedProvider(_world.Scheduler);
        var events = new RecordingClusterEvents();
        var address = $"http://{name}/{_members.Count}";
        var link = new StoreLink(Store, Store);
        var node = new MailroomNode(
            new(link, Deliveries, Orgs, link, provider, new ScriptedTemplates(), _ids, process, _world.Clock, new RecordingKernelEvents(), new RecordingAttemptEvents())
            {
                ClusterEvents = events, Peers = Wire.From(address),
            },
            new(new(name, address), new() { Shards = Shards }, _dispatch, new(TimeSpan.FromHours(168), UncertainPolicy.Retry))
            {
                Cluster = new() { ReplacedWithin = Lease },
            });
        return new(name, address, node, process, provider, events, link);
    }
}

/// <summary>One node of a <see cref="ClusterWorld"/>.</summary>
internal sealed record ClusterMember(
    string Name, string Address, MailroomNode Node, ProcessScheduler Process, ScriptedProvider Provider, RecordingClusterEvents Events, StoreLink Link)
{
    public Task Started { get; set; } = Task.CompletedTask;

    public int Owned => Enumerable.Range(0, ClusterWorld.Shards).Count(shard => Node.EpochOf(shard) != 0);

    public IEnumerable<string> SentIds => Provider.Taken.Select(mail => mail.Id.Value);
}

/// <summary>One node's way to the store's writing side, which can be cut.</summary>
internal sealed class StoreLink(ICommitStore commits, IOwnership ownership) : ICommitStore, IOwnership
{
    public bool IsCut { get; set; }

    public bool IsShared => ownership.IsShared;

    public ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel) => Over(commits).CommitAsync(batch, cancel);

    public ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel) => Over(ownership).JoinAsync(node, lease, shards, cancel);

    public ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel) =>
        Over(ownership).RenewAsync(incarnation, isStopping, lease, cancel);

    public ValueTask<ClusterView> ViewAsync(CancellationToken cancel) => Over(ownership).ViewAsync(cancel);

    public ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel) => Over(ownership).DeclareLostAsync(incarnations, cancel);

    public ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel) => Over(ownership).MoveAsync(by, moves, cancel);

    public ValueTask LeaveAsync(long incarnation, CancellationToken cancel) => Over(ownership).LeaveAsync(incarnation, cancel);

    private T Over<T>(T store) => IsCut ? throw new StoreUnavailableException("The test cut the way to the store.") : store;
}
