using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Tests.Deliveries;

namespace Mailroom.Actors.Tests.Running;

/// <summary>A whole node over a store in memory, a scripted provider, and hands on clock and scheduler.</summary>
internal sealed class MailWorld : IDisposable
{
    private readonly ManualWorld _world;
    private readonly NodeOptions _options;
    private readonly CountingIds _ids = new();
    private ProcessScheduler _process = null!;

    public MailWorld(int slots = 4, int? seed = null, DispatchOptions? dispatch = null, IntakeOptions? intake = null)
    {
        _world = new(seed);
        _options = new(new("node", ""), new() { Shards = 4 }, dispatch ?? new(slots, TimeSpan.FromSeconds(45)) { Ahead = 0 }, intake ?? new(TimeSpan.FromHours(168), UncertainPolicy.Retry));
        Store = new(_world.Scheduler);
        Deliveries = MemoryDeliveries.In(Store);
        Orgs = MemoryOrgs.In(Store);
        Provider = new(_world.Scheduler);
        Node = NewNode();
        Finish(Node.StartAsync(CancellationToken.None));
    }

    public MailroomNode Node { get; private set; }

    public MemoryStore Store { get; }

    public MemoryDeliveries Deliveries { get; }

    public MemoryOrgs Orgs { get; }

    public ScriptedProvider Provider { get; }

    public ScriptedTemplates Templates { get; } = new();

    public RecordingKernelEvents KernelEvents { get; } = new();

    public RecordingAttemptEvents AttemptEvents { get; } = new();

    public RecordingClusterEvents ClusterEvents { get; } = new();

    public Instant Now => _world.Now;

    /// <summary>Since the world began, whatever the wall clock is set to.</summary>
    public TimeSpan Elapsed => _world.Clock.GetElapsedTime(0);

    public static NewDelivery Mail(string? id = null, string org = "org_default") => new()
    {
        Org = new(org),
        Source = "api",
        Id = id is null ? null : new DeliveryId(id),
        Request = Mails.Request(),
    };

    public object Accept(NewDelivery mail) => _world.Result(Node.Intake.AcceptAsync(mail));

    /// <summary>Tells an org and waits for its answer.</summary>
    public object Tell(string org, OrgMessage message)
    {
        var answer = _world.Result(Node.Actors.AskAsync(Org.Kind, org, message));
        Run();
        return answer;
    }

    public Task<object> Begin(NewDelivery mail) => Node.Intake.AcceptAsync(mail).AsTask();

    public DeliveryStatus StatusOf(string id) => Deliveries[id]?.State.Status ?? DeliveryStatus.Absent;

    public IReadOnlyList<StoredAttempt> Attempts(string id) => _world.Result(Deliveries.AttemptsAsync(new(id), CancellationToken.None));

    public void Run() => _world.Run();

    /// <summary>Sets the wall clock forward or back.</summary>
    public void SetClock(TimeSpan by) => _world.Clock.Jump(by);

    public void Advance(TimeSpan by) => _world.Advance(by);

    public void AdvanceUntil(Func<bool> reached, TimeSpan within) => _world.AdvanceUntil(reached, within);

    public T Result<T>(Task<T> pending, TimeSpan within) => _world.Result(pending, within);

    /// <summary>Another node takes the shards and does not work yet.</summary>
    public void JoinAnew()
    {
        _process.Die();
        Node.Dispose();
        Node = NewNode();
        Finish(Node.JoinAsync(CancellationToken.None));
    }

    /// <summary>The process dies with all that it had in memory, and another one starts.</summary>
    public void CrashAndRestart()
    {
        _process.Die();
        Node.Dispose();
        _world.Scheduler.Forget();
        Provider.Forget();
        Node = NewNode();
        Finish(Node.StartAsync(CancellationToken.None));
        Run();
    }

    public void Dispose() => Node.Dispose();

    private void Finish(Task pending) => _world.Finish(pending, TimeSpan.FromSeconds(1));

    private MailroomNode NewNode()
    {
        _process = new(_world.Scheduler);
        return new(new(Store, Deliveries, Orgs, Store, Provider, Templates, _ids, _process, _world.Clock, KernelEvents, AttemptEvents) { ClusterEvents = ClusterEvents }, _options);
    }
}
