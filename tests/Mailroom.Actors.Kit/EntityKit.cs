using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Tries an entity's decisions without a kernel: given a state, when a message comes, then these events, this reply, these effects.</summary>
public static class EntityKit<TEntity, TState, TMessage, TEvent>
    where TEntity : IEntity<TState, TMessage, TEvent>
    where TState : class
    where TMessage : class
    where TEvent : class
{
    /// <summary>The state after a history of events.</summary>
    public static TState Given(params IEnumerable<TEvent> history) => history.Aggregate(TEntity.Absent, TEntity.Apply);

    /// <summary>Decides one message and applies what it led to.</summary>
    /// <exception cref="Exception">Whatever the decision throws, or the state on an event that it does not allow.</exception>
    public static Turn When(TState state, TMessage message, Instant now)
    {
        var decision = TEntity.Decide(state, message, now);
        var events = decision.Events.ToArray();
        return new(state, message, now, events, events.Aggregate(state, TEntity.Apply), decision.Answer ?? Done.Instance, decision.Effects.ToArray());
    }

    /// <summary>What one message did.</summary>
    public sealed record Turn(TState Before, TMessage Message, Instant Now, IReadOnlyList<TEvent> Events, TState After, object Reply, IReadOnlyList<Effect> Effects)
    {
        /// <summary>The same message on the state after its own events: what the kernel does when it does not know whether they were stored.</summary>
        public Turn DecideAgain() => When(After, Message, Now);
    }
}
