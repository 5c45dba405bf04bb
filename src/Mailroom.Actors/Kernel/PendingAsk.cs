using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Mailroom.Actors.Kernel;

/// <summary>
/// An awaited ask: answered once, by the entity or by its deadline. Used again only after the entity answered, because
/// until then somebody holds it who will.
/// </summary>
internal sealed class PendingAsk(AskBook book) : IValueTaskSource<object>, IReplyTo, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<object> _core;
    private object? _answer;

    // Twice the generation, plus one when it is answered: an old deadline must not answer a new ask.
    private long _state;

    /// <summary>Hears the entity's own answer, in time or late.</summary>
    public IReplyTo? Witness { get; set; }

    public ValueTask<object> Task => new(this, _core.Version);

    public long Generation => Volatile.Read(ref _state) >> 1;

    public bool IsAnswered(long generation) => Volatile.Read(ref _state) != generation << 1;

    public void Reply(object answer)
    {
        var witness = Witness;
        Witness = null;
        witness?.Reply(answer);
        TryAnswer(Generation, answer);
    }

    public bool TryAnswer(long generation, object answer)
    {
        if (Interlocked.CompareExchange(ref _state, (generation << 1) | 1, generation << 1) != generation << 1)
        {
            return false;
        }

        _answer = answer;
        book.Scheduler.Run(this);
        return true;
    }

    public void Execute() => _core.SetResult(_answer!);

    public object GetResult(short token)
    {
        var answer = _core.GetResult(token);
        if (!ReferenceEquals(answer, NotDone.Late))
        {
            _answer = null;
            _core.Reset();
            Volatile.Write(ref _state, (Generation + 1) << 1);
            book.Return(this);
        }

        return answer;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
}

/// <summary>The asks of a node: a bounded pool of them, and one deadline for all, kept in order of asking.</summary>
internal sealed class AskBook(IScheduler scheduler, TimeProvider clock, TimeSpan deadline)
{
    private const int PoolCapacity = 4096;

    private readonly ConcurrentBag<PendingAsk> _pool = [];
    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _pooled;

    public IScheduler Scheduler => scheduler;

    public PendingAsk Open()
    {
        if (_pool.TryTake(out var ask))
        {
            Interlocked.Decrement(ref _pooled);
        }
        else
        {
            ask = new PendingAsk(this);
        }

        _waiting.Enqueue(new(ask, ask.Generation, clock.GetTimestamp()));
        return ask;
    }

    /// <summary>Answers those whose deadline has passed with <see cref="NotDone.Late"/>. To be called a few times a second.</summary>
    public void Expire()
    {
        while (_waiting.TryPeek(out var oldest)
            && (oldest.Ask.IsAnswered(oldest.Generation) || clock.GetElapsedTime(oldest.Since) >= deadline)
            && _waiting.TryDequeue(out var late))
        {
            late.Ask.TryAnswer(late.Generation, NotDone.Late);
        }
    }

    /// <summary>Answers all that wait with <see cref="NotDone.Late"/>, because nobody will look after their deadlines any more.</summary>
    public void Close()
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            waiting.Ask.TryAnswer(waiting.Generation, NotDone.Late);
        }
    }

    public void Return(PendingAsk ask)
    {
        if (Interlocked.Increment(ref _pooled) <= PoolCapacity)
        {
            _pool.Add(ask);
        }
        else
        {
            Interlocked.Decrement(ref _pooled);
        }
    }

    private readonly record struct Waiting(PendingAsk Ask, long Generation, long Since);
}
