namespace Mailroom.Actors.Kernel;

/// <summary>
/// An entity is a state record and two pure functions: no clock, no I/O, no threads, no logging, no randomness.
/// Every message may arrive more than once, also after its own events were stored (an unknown commit outcome is
/// resolved by deciding again), so deciding twice must not do twice.
/// </summary>
public interface IEntity<TState, TMessage, TEvent>
    where TState : class
    where TMessage : class
    where TEvent : class
{
    /// <summary>The state of an id that was never written.</summary>
    static abstract TState Absent { get; }

    static abstract Decision<TEvent> Decide(TState state, TMessage message, Instant now);

    /// <summary>Reads no clock, and throws on an event that it does not know or that its phase does not allow.</summary>
    static abstract TState Apply(TState state, TEvent happened);

    /// <summary>When <see cref="Due"/> is to be told; null: never. Stored with the row, so it survives everything.</summary>
    static abstract Instant? DueAt(TState state);

    /// <summary>The message that says that <paramref name="at"/> has been reached.</summary>
    static abstract TMessage Due(Instant at);

    /// <summary>
    /// True for a message that brings a new id into being: it is decided on <see cref="Absent"/> without a read, and the
    /// store refuses the write where the row exists after all.
    /// </summary>
    static abstract bool Creates(TMessage message);

    /// <summary>True when nothing is expected soon, so that the entity may leave memory at once.</summary>
    static abstract bool IsResting(TState state);
}
