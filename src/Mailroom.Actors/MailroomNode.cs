using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors;

/// <summary>Everything outside that one process of Mailroom stands on.</summary>
public sealed record NodePorts(
    ICommitStore Commits, IDeliveryStore Deliveries, IOwnership Ownership, IMailProvider Provider, ITemplates Templates, IIdSource Ids, IScheduler Scheduler,
    TimeProvider Clock, IKernelEvents KernelEvents, IAttemptEvents AttemptEvents);

public sealed record NodeOptions(string Name, KernelOptions Kernel, DispatchOptions Dispatch, IntakeOptions Intake);

/// <summary>One process of Mailroom without its edges: the kernel, the delivery's actors, the dispatcher and the intake, wired.</summary>
public sealed class MailroomNode : IDisposable
{
    private readonly NodePorts _ports;
    private readonly NodeOptions _options;
    private readonly Node _kernel;
    private readonly Dispatcher _dispatcher;
    private readonly AttemptRunner _runner;
    private readonly CancellationTokenSource _stopping = new();
    private NodeIncarnation? _joined;
    private Task _recovery = Task.CompletedTask;

    public MailroomNode(NodePorts ports, NodeOptions options)
    {
        _ports = ports;
        _options = options;
        _kernel = new(options.Kernel, ports.Commits, ports.Scheduler, ports.Clock, ports.KernelEvents);
        _dispatcher = new(_kernel, options.Dispatch, ports.Clock);
        _runner = new(_kernel, _dispatcher, ports.Deliveries, ports.Provider, ports.Templates, ports.Scheduler, ports.Clock, ports.AttemptEvents);
        _kernel.Add<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>(Delivery.Kind, ports.Deliveries, _runner, _dispatcher);
        Intake = new(_kernel, _dispatcher, ports.Ids, ports.Clock, options.Intake, () => _kernel.IsStoreAvailable);
    }

    public Intake Intake { get; }

    public IActorHost Actors => _kernel;

    /// <summary>False while the store fails.</summary>
    public bool IsStoreAvailable => _kernel.IsStoreAvailable;

    /// <summary>Attempts under way.</summary>
    public int Running => _runner.Running;

    /// <summary>Deliveries that wait for a slot in memory.</summary>
    public int Waiting => _dispatcher.Waiting;

    /// <summary>The epoch under which this node owns a shard; 0: it does not, or no longer.</summary>
    public long EpochOf(int shard) => _kernel.EpochOf(shard);

    /// <summary>Joins and begins to work.</summary>
    /// <inheritdoc cref="JoinAsync" path="/exception"/>
    public async Task StartAsync(CancellationToken cancel)
    {
        await JoinAsync(cancel).ConfigureAwait(false);
        StartWorkers();
    }

    /// <summary>Takes this node's shards, so that mail can be accepted. What is accepted waits for <see cref="StartWorkers"/>.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    /// <exception cref="ShardCountException">The store was made for another number of shards.</exception>
    public async Task JoinAsync(CancellationToken cancel)
    {
        _joined = await _ports.Ownership.JoinAsync(_options.Name, _options.Kernel.Shards, cancel).ConfigureAwait(false);
        _runner.Start(_joined.Number);
        _kernel.Own(_joined.Epochs);
    }

    /// <summary>Begins to make attempts: what is due or comes in, and what an earlier incarnation was making when it died.</summary>
    /// <exception cref="InvalidOperationException">The node has not joined.</exception>
    public void StartWorkers()
    {
        var (number, epochs) = _joined ?? throw new InvalidOperationException("Join before starting the workers.");
        _dispatcher.Start(number);
        _kernel.StartScanning();
        var shards = Enumerable.Range(0, epochs.Count).Where(shard => epochs[shard] != 0).ToArray();
        _recovery = new ClaimRecovery(_kernel, _ports.Deliveries, _ports.Provider.Ladder, _ports.Clock).RunAsync(shards, number, _stopping.Token);
    }

    /// <summary>
    /// Lets attempts under way finish and their outcomes be stored, in <paramref name="within"/> at most; what cannot have
    /// been accepted by half of it is broken off and goes back to the line. True: nothing was left open.
    /// </summary>
    public async Task<bool> StopAsync(TimeSpan within)
    {
        var since = _ports.Clock.GetTimestamp();
        TimeSpan Left() => within - _ports.Clock.GetElapsedTime(since);

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _recovery.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _dispatcher.Stop();
        _kernel.StopScanning();
        await IdleAsync(within / 2).ConfigureAwait(false);
        _runner.Interrupt();
        await IdleAsync(Left() * 0.8).ConfigureAwait(false);
        _runner.Abandon();
        var idle = _runner.Running == 0;
        return await _kernel.DrainAsync(Left() > TimeSpan.Zero ? Left() : TimeSpan.Zero).ConfigureAwait(false) && idle;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _dispatcher.Stop();
        _runner.Abandon();
        _kernel.Dispose();
    }

    private async Task IdleAsync(TimeSpan within)
    {
        var since = _ports.Clock.GetTimestamp();
        // A slot is taken from before its claim is written until the attempt is over, and the attempt runs until its outcome is stored.
        while ((_dispatcher.Taken > 0 || _runner.Running > 0) && _ports.Clock.GetElapsedTime(since) < within)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), _ports.Clock).ConfigureAwait(false);
        }
    }
}
