namespace Mailroom.Actors.Kernel;

internal enum CellPhase : byte
{
    /// <summary>Its row is being read.</summary>
    Loading,

    /// <summary>Free for the next message.</summary>
    Idle,

    /// <summary>A change is on its way to the store.</summary>
    Writing,

    /// <summary>Set aside: its stored state cannot be used.</summary>
    Quarantined,
}

/// <summary>A message on its way to one entity.</summary>
internal readonly record struct Envelope<TMessage>(string Id, TMessage? Message, IReplyTo? ReplyTo)
    where TMessage : class;

/// <summary>One entity in memory. Only its shard touches it.</summary>
internal sealed class Cell<TState, TMessage>(string id, TState state)
    where TState : class
    where TMessage : class
{
    public readonly string Id = id;
    public TState State = state;
    public long Version;
    public CellPhase Phase = CellPhase.Loading;

    /// <summary>How often the message in hand was decided again on fresh state.</summary>
    public int Redecisions;

    /// <summary>Messages that wait for the write or read in flight.</summary>
    public Queue<Envelope<TMessage>>? Stash;

    /// <summary>The message whose change was refused, to be decided first when the row has been read again.</summary>
    public Envelope<TMessage>? Again;

    /// <summary>Neighbours in the list of idle cells, oldest first.</summary>
    public Cell<TState, TMessage>? OlderIdle;
    public Cell<TState, TMessage>? NewerIdle;
    public bool IsListed;
}

/// <summary>The idle cells of a shard, the longest idle first: who leaves when room is needed.</summary>
internal sealed class IdleList<TState, TMessage>
    where TState : class
    where TMessage : class
{
    private Cell<TState, TMessage>? _newest;

    public Cell<TState, TMessage>? Oldest { get; private set; }

    public void Add(Cell<TState, TMessage> cell)
    {
        cell.IsListed = true;
        cell.OlderIdle = _newest;
        cell.NewerIdle = null;
        if (_newest is null)
        {
            Oldest = cell;
        }
        else
        {
            _newest.NewerIdle = cell;
        }

        _newest = cell;
    }

    public void Remove(Cell<TState, TMessage> cell)
    {
        if (!cell.IsListed)
        {
            return;
        }

        cell.IsListed = false;
        if (cell.OlderIdle is null)
        {
            Oldest = cell.NewerIdle;
        }
        else
        {
            cell.OlderIdle.NewerIdle = cell.NewerIdle;
        }

        if (cell.NewerIdle is null)
        {
            _newest = cell.OlderIdle;
        }
        else
        {
            cell.NewerIdle.OlderIdle = cell.OlderIdle;
        }

        cell.OlderIdle = null;
        cell.NewerIdle = null;
    }
}
