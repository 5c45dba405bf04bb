using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors;

/// <summary>Everything outside that one process of Mailroom stands on.</summary>
public sealed record NodePorts(
    ICommitStore Commits, IDeliveryStore Deliveries, IOrgStore Orgs, IOwnership Ownership, IMailProvider Provider, ITemplates Templates, IIdSource Ids, IScheduler Scheduler,
    TimeProvider Clock, IKernelEvents KernelEvents, IAttemptEvents AttemptEvents)
{
    /// <summary>The way to the other nodes.</summary>
    public IPeers Peers { get; init; } = NoPeers.Instance;

    public required IClusterEvents ClusterEvents { get; init; }
}

public sealed record NodeOptions(NodeCard Card, KernelOptions Kernel, DispatchOptions Dispatch, IntakeOptions Intake)
{
    public ClusterOptions Cluster { get; init; } = new();
}

/// <summary>One process of Mailroom without its edges: the kernel, the actors of deliveries and orgs, the dispatcher and the intake, wired.</summary>
public sealed class MailroomNode : IDisposable
{
    private readonly NodePorts _ports;
    private readonly NodeOptions _options;
    private readonly ClusterClock _clock;
    private readonly Node _kernel;
    private readonly Dispatcher _dispatcher;
    private readonly AttemptRunner _runner;
    private readonly LocalIds _ids;
    private readonly ShardMap _map = new();
    private readonly StreamReaders _streams;
    private readonly NodeShards _shards;
    private readonly ShardKeeper _keeper;

    public MailroomNode(NodePorts ports, NodeOptions options)
    {
        _ports = ports;
        _options = options;
        _clock = new(ports.Clock);
        _kernel = new(options.Kernel, ports.Commits, ports.Scheduler, _clock, ports.KernelEvents);
        var lease = new Lease(_clock);
        Actors = options.Card.IsAlone
            ? _kernel
            : new ClusterHost(_kernel, _map, lease, ports.Peers, options.Kernel.AskDeadline, _clock, () => _keeper!.LookUnlessJustDone());
        _dispatcher = new(_kernel, options.Card.IsAlone ? Actors : new TermsOnRecord(Actors, ports.Orgs, _clock), options.Dispatch, _clock);
        _runner = new(
            Actors, _dispatcher, ports.Deliveries, ports.Provider, ports.Templates, ports.Scheduler, _clock, ports.AttemptEvents, () => lease.IsValid, PassOn);
        _kernel.Add<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>(Delivery.Kind, ports.Deliveries, _runner, _dispatcher);
        _kernel.Add<Org, OrgState, OrgMessage, OrgEvent>(Org.Kind, ports.Orgs, new OrgNews(_dispatcher, _map, ports.Peers), NeverDue.Instance);
        _dispatcher.MoreWanted = () => _kernel.Look(Delivery.Kind);
        _ids = new(ports.Ids, _kernel);
        _streams = new(options.Kernel.Shards);
        var recovery = new ClaimRecovery(Actors, ports.Deliveries, ports.Provider.Ladder, _clock, _runner.IsRunning);
        _shards = new(_kernel, _dispatcher, _runner, _streams, recovery, options.Kernel.Shards, _clock);
        _keeper = new(ports.Ownership, options.Card, options.Cluster, _shards, _map, lease, _clock, ports.Peers, ports.Scheduler, ports.ClusterEvents);
        Inbox = new PeerInbox(_kernel, lease, _dispatcher, _keeper.Look);
        Intake = new(Actors, _dispatcher, _ids, _clock, options.Intake, () => _kernel.IsStoreAvailable, id => _kernel.EpochOf(_kernel.ShardOf(id.Value)) != 0);
    }

    public Intake Intake { get; }

    /// <summary>The actors, on whichever node they are.</summary>
    public IActorHost Actors { get; }

    /// <summary>Where what other nodes send goes in.</summary>
    public IPeerInbox Inbox { get; }

    /// <summary>The time that all nodes share.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>What this node last heard of who is a member and owns what.</summary>
    public ClusterView Cluster => _map.View;

    /// <summary>Completes when another process has taken this node's place, which then does nothing more.</summary>
    public Task Replaced => _keeper.Replaced;

    /// <summary>False while the store fails.</summary>
    public bool IsStoreAvailable => _kernel.IsStoreAvailable;

    /// <summary>Attempts under way.</summary>
    public int Running => _runner.Running;

    /// <summary>The attempt under this claim is being made here, or its outcome is not stored yet.</summary>
    internal bool IsRunning(ClaimToken token) => _runner.IsRunning(token);

    /// <summary>Deliveries that wait for a slot in memory.</summary>
    public int Waiting => _dispatcher.Waiting;

    /// <summary>What waits by org and lane, those with the oldest due time first, at most <paramref name="lanes"/>; and what is out.</summary>
    public DispatchFigures Figures(int lanes) => _dispatcher.Figures(lanes);

    /// <summary>The epoch under which this node owns a shard; 0: it does not, or no longer.</summary>
    public long EpochOf(int shard) => _kernel.EpochOf(shard);

    /// <summary>Joins and begins to work.</summary>
    /// <inheritdoc cref="JoinAsync" path="/exception"/>
    public async Task StartAsync(CancellationToken cancel)
    {
        await JoinAsync(cancel).ConfigureAwait(false);
        StartWorkers();
    }

    /// <summary>Becomes a member and takes its shards, so that mail can be accepted. What is accepted waits for <see cref="StartWorkers"/>.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    /// <exception cref="ShardCountException">The store was made for another number of shards.</exception>
    /// <exception cref="JoinRefusedException">The store's members do not go together with this node.</exception>
    public Task JoinAsync(CancellationToken cancel) => _keeper.JoinAsync(_options.Kernel.Shards, cancel);

    /// <summary>Begins to make attempts: what is due or comes in, and what nodes that are gone were making.</summary>
    public void StartWorkers() => _shards.StartWorkers();

    /// <summary>A stream to take mail in from, on whichever node owns its shard. Before <see cref="StartStreams"/>.</summary>
    public void Add(ICommandStream stream, IStreamStore store, ICommandParser parser, IStreamEvents events, ConsumerOptions options)
    {
        var ports = new ConsumerPorts(stream, store, parser, _ids, _runner, events, _ports.Scheduler, _clock);
        _streams.Add(stream.Name, epoch => new(ports, options, _options.Intake, _options.Kernel.Shards, epoch));
    }

    /// <summary>What reads a stream here; null: another node does, or nobody yet.</summary>
    internal CommandConsumer? ConsumerOf(string stream) => _streams.Of(stream);

    /// <summary>Begins to read the streams that are this node's.</summary>
    public void StartStreams() => _streams.Start(_kernel.EpochOf);

    /// <summary>Reads no more, and waits until the batches under way are durable, <paramref name="within"/> at most. True: nothing was left open.</summary>
    public Task<bool> StopStreamsAsync(TimeSpan within)
    {
        _streams.Close();
        return _streams.StopAsync(static _ => true, within);
    }

    /// <summary>Gives the shards to the other members while mail is still taken and passed on, <paramref name="within"/> at most.</summary>
    public Task HandOverAsync(TimeSpan within) => _keeper.HandOverAsync(within);

    /// <summary>
    /// Lets attempts under way finish and their outcomes be stored, in <paramref name="within"/> at most; what cannot have
    /// been accepted by half of it is broken off and goes back to the line. True: nothing was left open.
    /// </summary>
    public async Task<bool> StopAsync(TimeSpan within)
    {
        var since = _clock.GetTimestamp();
        TimeSpan Left() => within - _clock.GetElapsedTime(since);

        _shards.StopWorkers();
        if (_options.Card.IsAlone && Replaced.IsCompleted)
        {
            // Whoever has the database now takes no outcomes of this process, and has taken its attempts for uncertain.
            _runner.Abandon();
        }

        await IdleAsync(within / 2).ConfigureAwait(false);
        _runner.Interrupt();
        await IdleAsync(Left() * 0.8).ConfigureAwait(false);
        _runner.Abandon();
        var idle = _runner.Running == 0;
        var settled = await _kernel.DrainAsync(Positive(Left())).ConfigureAwait(false);
        using var leaving = new CancellationTokenSource(Positive(Left()), _clock);
        await _keeper.LeaveAsync(leaving.Token).ConfigureAwait(false);
        return settled && idle;
    }

    public void Dispose()
    {
        _keeper.Dispose();
        _streams.Dispose();
        _shards.Dispose();
        _dispatcher.Dispose();
        _runner.Abandon();
        _kernel.Dispose();
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    /// <summary>A delivery that was accepted here and belongs to another node's shard waits there.</summary>
    private bool PassOn(AwaitSlot wait)
    {
        var shard = _kernel.ShardOf(wait.Id.Value);
        if (_kernel.EpochOf(shard) != 0)
        {
            return false;
        }

        if (_map.OtherOwner(shard) is { } owner)
        {
            _ports.Peers.Tell(owner, new WaitsForSlot(wait.Id, wait.Org, wait.DueAt, wait.Urgent));
        }

        return true;
    }

    private async Task IdleAsync(TimeSpan within)
    {
        var since = _clock.GetTimestamp();
        // A slot is taken from before its claim is written until the attempt is over, and the attempt runs until its outcome is stored.
        while ((_dispatcher.Taken > 0 || _runner.Running > 0) && _clock.GetElapsedTime(since) < within)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), _clock).ConfigureAwait(false);
        }
    }
}
