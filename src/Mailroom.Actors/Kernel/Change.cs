namespace Mailroom.Actors.Kernel;

/// <summary>What became of one change of a commit.</summary>
public enum ChangeOutcome
{
    /// <summary>Not settled yet.</summary>
    Pending,

    /// <summary>Durable.</summary>
    Committed,

    /// <summary>The row is not at the expected version: the state in memory is stale.</summary>
    Conflict,

    /// <summary>The shard belongs to another epoch: this node may write nothing of it any more.</summary>
    Fenced,

    /// <summary>A rule of the store refuses it, for example a taken idempotency key; <see cref="Change.Rejection"/> says which.</summary>
    Rejected,

    /// <summary>The store cannot take this change at all, though it takes its neighbours.</summary>
    Poisoned,
}

/// <summary>
/// One entity's write: everything a store needs to make it durable, fenced by the row's expected version and the
/// shard's epoch. Changes of many entities form one transaction; one that fails never fails its neighbours.
/// </summary>
public abstract class Change
{
    /// <summary>The kind's permanent stored name, for example <c>delivery</c>.</summary>
    public required string Kind { get; init; }

    public required string Id { get; init; }

    public required int Shard { get; init; }

    /// <summary>The epoch under which this node owns the shard.</summary>
    public required long Epoch { get; init; }

    /// <summary>The version the row must have; 0: the row must not exist.</summary>
    public required long ExpectedVersion { get; init; }

    public long NewVersion => ExpectedVersion + 1;

    /// <summary>Set by the store for every change of a batch before its commit returns.</summary>
    public ChangeOutcome Outcome { get; set; }

    /// <summary>With <see cref="ChangeOutcome.Rejected"/>: the reply for whoever asked.</summary>
    public object? Rejection { get; set; }

    /// <summary>The shard to tell when it is settled.</summary>
    internal IShard? Owner { get; init; }
}

/// <summary>A change of one kind, with the state before and after and the events between.</summary>
public class Change<TState, TEvent> : Change
    where TState : class
    where TEvent : class
{
    public required TState Before { get; init; }

    public required TState After { get; init; }

    public required OneOrMany<TEvent> Events { get; init; }
}
