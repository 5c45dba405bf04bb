namespace Mailroom.Actors.Kernel;

/// <summary>Something to do outside once the decision's events are durable. It comes back as a fact.</summary>
public abstract record Effect;

/// <summary>
/// What an entity makes of one message: the events to persist, the reply to whoever asked, and the effects to run
/// once the events are durable. Nothing of it happens when the events cannot be stored.
/// </summary>
public readonly struct Decision<TEvent>
    where TEvent : class
{
    private Decision(OneOrMany<TEvent> events, object? reply, OneOrMany<Effect> effects)
    {
        Events = events;
        Answer = reply;
        Effects = effects;
    }

    /// <summary>Nothing to persist, nothing to say, nothing to do.</summary>
    public static Decision<TEvent> Nothing => default;

    public OneOrMany<TEvent> Events { get; }

    /// <summary>The reply; null is answered as <see cref="Done.Instance"/>.</summary>
    public object? Answer { get; }

    public OneOrMany<Effect> Effects { get; }

    public static Decision<TEvent> Persist(TEvent happened) => new(new(happened), null, default);

    public static Decision<TEvent> Say(object reply) => new(default, reply, default);

    public Decision<TEvent> And(TEvent happened) => new(Events.Add(happened), Answer, Effects);

    public Decision<TEvent> Reply(object reply) => new(Events, reply, Effects);

    public Decision<TEvent> Then(Effect effect) => new(Events, Answer, Effects.Add(effect));
}

/// <summary>The reply of a decision that had nothing to say.</summary>
public sealed record Done
{
    public static readonly Done Instance = new();

    private Done()
    {
    }
}
