using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>A kernel with one kind of entity, a store in memory, and hands on clock and scheduler.</summary>
internal sealed class KernelWorld : IEffects, IDueGate, IDisposable
{
    private readonly ManualWorld _world;
    private readonly KernelOptions _options;

    public KernelWorld(KernelOptions? options = null, int? seed = null)
    {
        _world = new(seed);
        _options = (options ?? new()) with { Shards = options?.Shards is null or 64 ? 1 : options.Shards };
        Store = new(_world.Scheduler);
        Rows = Store.Table<BookState, BookEvent>(Book.Kind.Name, Book.DueAt);
        Node = NewNode();
        Node.Start(Store.Join(_options.Shards));
        _world.Run();
    }

    public Node Node { get; private set; }

    public MemoryStore Store { get; }

    public MemoryTable<BookState, BookEvent> Rows { get; }

    public RecordingKernelEvents Events { get; } = new();

    public ManualClock Clock => _world.Clock;

    public Instant Now => _world.Now;

    /// <summary>The effects that ran, as <c>id entry</c>.</summary>
    public List<string> Rung { get; } = [];

    public Action<string>? OnEffect { get; set; }

    public int Room { get; set; } = int.MaxValue;

    public Instant? Dropped { get; set; }

    public Replies Ask(string id, BookMessage message)
    {
        var replies = new Replies();
        Node.Ask(Book.Kind, id, message, replies);
        return replies;
    }

    /// <summary>Asks and lets all run that can without time passing.</summary>
    public object Answer(string id, BookMessage message)
    {
        var replies = Ask(id, message);
        Run();
        return replies.Single;
    }

    public void Run() => _world.Run();

    public void Advance(TimeSpan by) => _world.Advance(by);

    public void Advance(int milliseconds) => Advance(TimeSpan.FromMilliseconds(milliseconds));

    public T Result<T>(Task<T> pending, TimeSpan within) => _world.Result(pending, within);

    /// <summary>The process dies and another one starts over the same store.</summary>
    public void Restart()
    {
        Node.Dispose();
        _world.Scheduler.Forget();
        Node = NewNode();
        Node.Start(Store.Join(_options.Shards));
        Run();
    }

    public void Dispose() => Node.Dispose();

    void IEffects.Run(string id, Effect effect)
    {
        Rung.Add($"{id} {((Ring)effect).Entry}");
        OnEffect?.Invoke(id);
    }

    public Instant? TakeDropped()
    {
        var dropped = Dropped;
        Dropped = null;
        return dropped;
    }

    private Node NewNode()
    {
        var node = new Node(_options, Store, _world.Scheduler, _world.Clock, Events);
        node.Add<Book, BookState, BookMessage, BookEvent>(Book.Kind, Rows, this, this);
        return node;
    }
}
