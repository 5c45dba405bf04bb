namespace Mailroom.Actors.Kernel;

/// <summary>A kind of entity and the messages it takes. The name is stored and permanent.</summary>
public sealed record EntityKind<TMessage>(string Name)
    where TMessage : class;

/// <summary>
/// The one seam between entities and what runs them: tell, ask and passivate, by kind and id. The kernel implements it;
/// any cluster-sharding host could.
/// </summary>
public interface IActorHost
{
    /// <summary>Sends without an answer. False: the shard's mailbox is full or not here, and the message is not taken.</summary>
    bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class;

    /// <summary>
    /// Sends with an answer, given exactly once: the entity's reply after its events are durable, or a <see cref="NotDone"/>.
    /// It may be given on the calling thread (mailbox full) or on any other.
    /// </summary>
    void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class;

    /// <summary>
    /// As <see cref="Ask{TMessage}(EntityKind{TMessage}, string, TMessage, IReplyTo)"/>, awaitable, with the host's deadline (<see cref="NotDone.Late"/>).
    /// A <paramref name="witness"/> hears the entity's own answer, also when it comes after the deadline.
    /// </summary>
    ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
        where TMessage : class;

    /// <summary>Lets an idle entity leave memory. Its row stays, so this is never needed for correctness.</summary>
    void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class;
}

/// <summary>Where an answer goes.</summary>
public interface IReplyTo
{
    void Reply(object answer);
}

/// <summary>The kernel's own answers, where the entity gave none. Nothing was changed by the message, but for <see cref="Late"/>, which does not know.</summary>
public sealed record NotDone
{
    /// <summary>Too much is waiting here: try again after a moment (503 and Retry-After at the edge).</summary>
    public static readonly NotDone Busy = new("busy");

    /// <summary>No answer within the deadline. The message may still take effect.</summary>
    public static readonly NotDone Late = new("late");

    /// <summary>The decision failed on this message; the state is untouched.</summary>
    public static readonly NotDone Faulted = new("faulted");

    /// <summary>The entity's stored state cannot be used until an operator has looked at it.</summary>
    public static readonly NotDone Quarantined = new("quarantined");

    /// <summary>The shard is not owned by this node, or no longer.</summary>
    public static readonly NotDone NotOwner = new("not_owner");

    /// <summary>The node is shutting down.</summary>
    public static readonly NotDone Stopping = new("stopping");

    private static readonly NotDone[] All = [Busy, Late, Faulted, Quarantined, NotOwner, Stopping];

    private NotDone(string reason) => Reason = reason;

    public string Reason { get; }

    /// <summary>The one with this reason; <see cref="Busy"/>, which means no more than to try again, where it is not known.</summary>
    public static NotDone Because(string reason) => Array.Find(All, why => why.Reason == reason) ?? Busy;
}
