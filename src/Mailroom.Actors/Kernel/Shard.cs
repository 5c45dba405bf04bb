using System.Collections.Concurrent;

namespace Mailroom.Actors.Kernel;

/// <summary>
/// One mailbox with one reader at a time, and the entities behind it. While an entity's write or read is in flight its
/// further messages wait; the shard's other entities go on. Everything here is bounded, and what does not fit is refused.
/// </summary>
internal sealed partial class Shard<TEntity, TState, TMessage, TEvent> : ILoads<TState>, IThreadPoolWorkItem
    where TEntity : IEntity<TState, TMessage, TEvent>
    where TState : class
    where TMessage : class
    where TEvent : class
{
    private readonly RegionParts<TState> _parts;
    private readonly int _number;
    private readonly ConcurrentQueue<Envelope<TMessage>> _mail = new();
    private readonly ConcurrentQueue<ShardChange> _settled = new();
    private readonly ConcurrentQueue<Loaded<TState>> _loaded = new();
    private readonly Dictionary<string, Cell<TState, TMessage>> _cells = [];
    private readonly IdleList<TState, TMessage> _idle = new();
    private long _epoch;
    private long _cellsEpoch;
    private int _mailCount;
    private int _busyCount;
    private int _awake;

    public Shard(RegionParts<TState> parts, int number)
    {
        _parts = parts;
        _number = number;
    }

    /// <summary>The epoch under which this node owns the shard; 0: it does not.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>
    /// Nothing waits and nothing is in flight. The mail is counted until it was received and a write or read until it was taken
    /// up, and the mail is looked at first, so that nothing slips from the one to the other unseen.
    /// </summary>
    public bool IsQuiet => Volatile.Read(ref _mailCount) == 0 && Volatile.Read(ref _busyCount) == 0;

    /// <summary>Takes the shard under <paramref name="epoch"/>, or gives it up with 0. What it held under another epoch may be stale and is dropped at the next turn.</summary>
    public void Own(long epoch)
    {
        Volatile.Write(ref _epoch, epoch);
        Wake();
    }

    public bool Post(in Envelope<TMessage> envelope)
    {
        if (Epoch == 0)
        {
            Refuse(envelope, NotDone.NotOwner);
            return false;
        }

        if (Interlocked.Increment(ref _mailCount) > _parts.Options.MailboxCapacity)
        {
            Interlocked.Decrement(ref _mailCount);
            Refuse(envelope, NotDone.Busy);
            return false;
        }

        _mail.Enqueue(envelope);
        Wake();
        return true;
    }

    public void Settled(Change change) => _settled.Enqueue((ShardChange)change);

    public void Loaded(Loaded<TState> row) => _loaded.Enqueue(row);

    public void Wake()
    {
        if (Interlocked.CompareExchange(ref _awake, 1, 0) == 0)
        {
            _parts.Scheduler.Run(this);
        }
    }

    public void Execute()
    {
        DropStale();
        while (_settled.TryDequeue(out var change))
        {
            TakeUp(change);
            Interlocked.Decrement(ref _busyCount);
        }

        while (_loaded.TryDequeue(out var row))
        {
            TakeUp(row);
            Interlocked.Decrement(ref _busyCount);
        }

        for (var turns = _parts.Options.TurnsPerWake; turns > 0 && _mail.TryDequeue(out var envelope); turns--)
        {
            Receive(envelope);
            Interlocked.Decrement(ref _mailCount);
        }

        Volatile.Write(ref _awake, 0);
        Interlocked.MemoryBarrier();
        if (!_mail.IsEmpty || !_settled.IsEmpty || !_loaded.IsEmpty)
        {
            Wake();
        }
    }

    /// <summary>Between two times of owning a shard another node may have written its rows.</summary>
    private void DropStale()
    {
        var epoch = Epoch;
        if (epoch == _cellsEpoch)
        {
            return;
        }

        _cellsEpoch = epoch;
        foreach (var cell in _cells.Values.ToList())
        {
            if (cell.Phase is CellPhase.Idle or CellPhase.Quarantined)
            {
                Drop(cell);
            }
        }
    }

    private void Receive(in Envelope<TMessage> envelope)
    {
        if (Epoch == 0)
        {
            Refuse(envelope, NotDone.NotOwner);
            return;
        }

        if (envelope.Message is not { } message)
        {
            Forget(envelope.Id);
            return;
        }

        if (!_cells.TryGetValue(envelope.Id, out var cell))
        {
            Enter(envelope, message);
            return;
        }

        switch (cell.Phase)
        {
            case CellPhase.Idle:
                _idle.Remove(cell);
                Turn(cell, envelope);
                Rest(cell);
                break;
            case CellPhase.Loading or CellPhase.Writing:
                Stash(cell, envelope);
                break;
            case CellPhase.Quarantined:
                Refuse(envelope, NotDone.Quarantined);
                break;
            default:
                throw new InvalidOperationException($"A cell cannot be {cell.Phase}.");
        }
    }

    /// <summary>Brings an entity into memory for its first message.</summary>
    private void Enter(in Envelope<TMessage> envelope, TMessage message)
    {
        if (!MakeRoom())
        {
            Refuse(envelope, NotDone.Busy);
            return;
        }

        var cell = new Cell<TState, TMessage>(envelope.Id, TEntity.Absent);
        _cells.Add(envelope.Id, cell);
        if (TEntity.Creates(message))
        {
            cell.Phase = CellPhase.Idle;
            Turn(cell, envelope);
            Rest(cell);
            return;
        }

        Load(cell);
        Stash(cell, envelope);
    }

    private bool MakeRoom()
    {
        if (_cells.Count < _parts.Options.EntitiesPerShard)
        {
            return true;
        }

        if (_idle.Oldest is not { } oldest)
        {
            return false;
        }

        Drop(oldest);
        return true;
    }

    private void Load(Cell<TState, TMessage> cell)
    {
        cell.Phase = CellPhase.Loading;
        Interlocked.Increment(ref _busyCount);
        _parts.Loads.Add(cell.Id, this);
    }

    private void Stash(Cell<TState, TMessage> cell, in Envelope<TMessage> envelope)
    {
        cell.Stash ??= new(4);
        if (cell.Stash.Count >= _parts.Options.StashCapacity)
        {
            Refuse(envelope, NotDone.Busy);
            return;
        }

        cell.Stash.Enqueue(envelope);
    }

    /// <summary>Lists an idle cell as one that may leave, or lets it leave at once.</summary>
    private void Rest(Cell<TState, TMessage> cell)
    {
        if (cell.Phase == CellPhase.Idle)
        {
            if (cell.Version == 0 || TEntity.IsResting(cell.State))
            {
                _cells.Remove(cell.Id);
            }
            else
            {
                _idle.Add(cell);
            }
        }
    }

    private void Forget(string id)
    {
        if (_cells.TryGetValue(id, out var cell) && cell.Phase is CellPhase.Idle or CellPhase.Quarantined)
        {
            Drop(cell);
        }
    }

    private void Drop(Cell<TState, TMessage> cell)
    {
        _idle.Remove(cell);
        _cells.Remove(cell.Id);
    }

    private void Refuse(in Envelope<TMessage> envelope, NotDone why)
    {
        if (envelope.ReplyTo is not null)
        {
            Answer(envelope, why);
        }
    }

    private void Answer(in Envelope<TMessage> envelope, object? answer)
    {
        try
        {
            envelope.ReplyTo?.Reply(answer ?? Done.Instance);
        }
        catch (Exception why)
        {
            _parts.Events.CallbackFailed(_parts.Kind, envelope.Id, why);
        }
    }

    /// <summary>A change and what is to follow when it is durable.</summary>
    private sealed class ShardChange : Change<TState, TEvent>
    {
        public required Cell<TState, TMessage> Cell { get; init; }

        public required Envelope<TMessage> Cause { get; init; }

        public required Decision<TEvent> Decision { get; init; }
    }
}
