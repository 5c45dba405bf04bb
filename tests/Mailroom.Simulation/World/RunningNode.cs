using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Simulation.Mail;
using Mailroom.Simulation.Producers;
using Mailroom.Simulation.Redis;
using Mailroom.Simulation.Store;

namespace Mailroom.Simulation.World;

/// <summary>One process of Mailroom: the real node, wired to the simulated outside, from its start to its end.</summary>
internal sealed class RunningNode
{
    public const int Shards = 8;

    /// <summary>Longer than a provider's attempt takes (D17), and short enough that a run sees claims run out.</summary>
    private static readonly TimeSpan ClaimFor = MailServer.Deadline + TimeSpan.FromSeconds(4);

    /// <summary>A fifth of the default, so that a run sees leases run out.</summary>
    public static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(6);

    private readonly SimWorld _world;
    private readonly MailroomNode _node;
    private readonly SimEvents _events;
    private readonly DatabaseLink _link;
    private bool _isStopping;

    public RunningNode(SimWorld world, SimProcess process)
    {
        _world = world;
        Process = process;
        _events = new(process, world.History, world.Findings);
        _link = new(world.Database, process, world.Kill);
        var ports = new NodePorts(
            world.Defects.Commits(new NodeCommits(_link), process), world.Defects.Deliveries(new NodeDeliveries(_link)), world.Defects.Orgs(new NodeOrgs(_link)),
            world.Defects.Ownership(new NodeOwnership(_link, world.Owners)),
            new NodeProvider(world.MailServer, process, world.Ledger), new ScriptedTemplates(), world.Ids, process, process.Clock, _events, _events)
        {
            Peers = world.Defects.Peers(new NodePeers(world.Network, process)),
            ClusterEvents = _events,
        };
        var options = new NodeOptions(
            new(process.Machine.Name, world.Plan.IsAlone ? "" : process.Machine.Name),
            new() { Shards = Shards, AskDeadline = TimeSpan.FromSeconds(4) },
            new(world.Plan.Slots, ClaimFor),
            new(TimeSpan.FromHours(168), UncertainPolicy.Retry))
        {
            Cluster = new() { ReplacedWithin = ReplacedWithin },
        };
        _node = new(ports, options);
    }

    public SimProcess Process { get; }

    /// <summary>Its listeners are open.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Other nodes get through to it.</summary>
    public bool IsLinked { get; private set; }

    /// <summary>Its workers run.</summary>
    public bool IsWorking { get; private set; }

    /// <summary>The attempt under this claim is its own to end: it is being made, or its outcome is told until it is stored; one that stops may give that up.</summary>
    public bool MayEnd(ClaimToken token) => _isStopping || _node.IsRunning(token);

    public void Start() => Process.Arrive((Action)(() => _ = BootAsync()));

    /// <summary>SIGTERM.</summary>
    public void Stop() => Process.Arrive((Action)(() => _ = StopAsync()));

    public ValueTask<object> AcceptAsync(NewDelivery mail) => IsOpen ? _node.Intake.AcceptAsync(mail) : new(NotDone.Stopping);

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class => IsOpen ? _node.Actors.AskAsync(kind, id, message) : new(NotDone.Stopping);

    public ValueTask<object> AskedAsync(EntityMessage message) => _node.Inbox.AskedAsync(message);

    public void Told(PeerNote note) => _node.Inbox.Told(note);

    private async Task BootAsync()
    {
        try
        {
            var store = new NodeStreamStore(_link, (batch, write) => _world.Intake.Committing(Process, batch, write));
            _node.Add(new NodeStream(_world.Redis, Process), _world.Defects.Streams(store), new Commands(), _events, new() { Batch = 20 });
            _ = EndWhenReplacedAsync();
            IsLinked = true;
            await JoinAsync().ConfigureAwait(false);
            if (_isStopping)
            {
                return;
            }

            IsOpen = true;
            _node.StartWorkers();
            IsWorking = true;
            _node.StartStreams();
            _world.History.Add(Process.Machine.Number, "working", null, Process.Number);
        }
        catch (Exception why) when (why is not SimulationException)
        {
            _world.Crashed(why);
        }
    }

    private async Task JoinAsync()
    {
        while (!_isStopping)
        {
            try
            {
                await _node.JoinAsync(CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), Process.Clock).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Another process has this one's place, so it ends.</summary>
    private async Task EndWhenReplacedAsync()
    {
        await _node.Replaced.ConfigureAwait(false);
        _world.Kill(Process, "replaced");
    }

    private async Task StopAsync()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        try
        {
            if (IsWorking)
            {
                await _node.HandOverAsync(Shutdown / 3).ConfigureAwait(false);
                IsOpen = false;
                await _node.StopStreamsAsync(Shutdown / 3).ConfigureAwait(false);
                await _node.StopAsync(Shutdown).ConfigureAwait(false);
            }
        }
        catch (Exception why) when (why is not SimulationException)
        {
            _world.Crashed(why);
        }

        _node.Dispose();
        _world.Kill(Process, "stopped");
    }
}
