using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Tests.Streams;

/// <summary>A whole node with a consumer on a scripted stream, and hands on clock and scheduler.</summary>
internal sealed class StreamWorld : IDisposable
{
    public const string Name = "mail:delivery_commands";

    private readonly ManualWorld _world;
    private readonly NodeOptions _options;
    private readonly ConsumerOptions _consuming;
    private readonly CountingIds _ids = new();
    private ProcessScheduler? _process;

    public StreamWorld(IntakeOptions? intake = null, ConsumerOptions? consuming = null, int? seed = null, bool start = true)
    {
        _world = new(seed);
        _options = new(new("node", ""), new() { Shards = 4 }, new(4, TimeSpan.FromSeconds(45)) { Ahead = 0 }, intake ?? new(TimeSpan.FromHours(168), UncertainPolicy.Retry));
        _consuming = consuming ?? new();
        Store = new(_world.Scheduler);
        Deliveries = MemoryDeliveries.In(Store);
        Orgs = MemoryOrgs.In(Store);
        Streams = new(Store);
        Provider = new(_world.Scheduler);
        Stream = new(Name, _world.Scheduler, _world.Clock);
        if (start)
        {
            Start();
        }
    }

    public MailroomNode Node { get; private set; } = null!;

    public CommandConsumer Consumer { get; private set; } = null!;

    public MemoryStore Store { get; }

    public MemoryDeliveries Deliveries { get; }

    public MemoryOrgs Orgs { get; }

    public MemoryStreams Streams { get; }

    public ScriptedProvider Provider { get; }

    public ScriptedStream Stream { get; }

    public RecordingStreamEvents Events { get; } = new();

    public RecordingAttemptEvents AttemptEvents { get; } = new();

    public StreamPosition? Position => Streams[Name];

    /// <summary>Codes of the malformed commands, in order.</summary>
    public IEnumerable<string> Codes => Streams.Malformed.Select(malformed => malformed.FailureCode);

    /// <summary>A node and its consumer, over what the store and the stream hold.</summary>
    public void Start()
    {
        _process = new(_world.Scheduler);
        Node = new(
            new(Store, Deliveries, Orgs, Store, Provider, new ScriptedTemplates(), _ids, _process, _world.Clock, new RecordingKernelEvents(), AttemptEvents)
            {
                ClusterEvents = new RecordingClusterEvents(),
            },
            _options);
        _world.Finish(Node.StartAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        Node.Add(Stream, Streams, new ScriptedCommands(), Events, _consuming);
        Node.StartStreams();
        Consumer = Node.ConsumerOf(Name)!;
        Run();
    }

    /// <summary>The process dies with all that it had in memory.</summary>
    public void Crash()
    {
        _process!.Die();
        Dispose();
        _world.Scheduler.Forget();
        Provider.Forget();
    }

    public StreamEntryId Send(string id, string? key = null, string content = "") => Stream.Add(("id", id), ("key", key ?? id), ("content", content));

    /// <summary>What became of a mail in the end.</summary>
    public DeliveryStatus StatusOf(string id) => Deliveries[id]?.State.Status ?? DeliveryStatus.Absent;

    public IEnumerable<string> SentIds() => Provider.Taken.Select(mail => mail.Id.Value);

    public void Run() => _world.Run();

    public void Advance(TimeSpan by) => _world.Advance(by);

    public void AdvanceUntil(Func<bool> reached, TimeSpan within) => _world.AdvanceUntil(reached, within);

    public bool Stop(TimeSpan within)
    {
        // What awaits goes on inline, as everything else here does.
        Task<bool>? stopping = null;
        Inline.Do(() => stopping = Consumer.StopAsync(within));
        return _world.Result(stopping!, within + TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
        Consumer?.Dispose();
        Node?.Dispose();
    }
}
