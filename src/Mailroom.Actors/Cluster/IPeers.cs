using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>The way to the other nodes. Whatever is lost on it costs time and nothing else, because all of it may be sent again.</summary>
public interface IPeers
{
    /// <summary>
    /// Sends a message to an entity on another node and gives its answer. <see cref="NotDone.NotOwner"/> where the node cannot be reached, does not
    /// have the entity's shard or does not answer <paramref name="within"/>: the message may have been taken all the same, and may be sent again. Does not throw.
    /// </summary>
    ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within);

    /// <summary>Sends a note that nobody answers. It may be lost. Must not block.</summary>
    void Tell(Member to, PeerNote note);
}

/// <summary>What a node does with what other nodes send it.</summary>
public interface IPeerInbox
{
    /// <summary>The entity's answer, or <see cref="NotDone.NotOwner"/> where this node does not have its shard: it is not sent on.</summary>
    ValueTask<object> AskedAsync(EntityMessage message);

    void Told(PeerNote note);
}

/// <summary>A message to one entity, by its kind's stored name.</summary>
public sealed record EntityMessage(string Kind, string Id, object Message);

/// <summary>Something that another node should know.</summary>
public abstract record PeerNote;

/// <summary>A message to one entity that nobody waits for.</summary>
public sealed record EntityNote(EntityMessage Message) : PeerNote;

/// <summary>A delivery of yours was accepted here and waits for a slot. Not told, it is found by the scan.</summary>
public sealed record WaitsForSlot(DeliveryId Id, OrgId Org, Instant DueAt, bool Urgent) : PeerNote;

/// <summary>An org's terms are no longer what you were told. Not told, they run out.</summary>
public sealed record TermsOutdated(OrgId Org) : PeerNote;

/// <summary>Members or owners have changed: look now.</summary>
public sealed record LookAtCluster : PeerNote
{
    public static readonly LookAtCluster Instance = new();

    private LookAtCluster()
    {
    }
}

/// <summary>A node that has no others.</summary>
public sealed class NoPeers : IPeers
{
    public static readonly NoPeers Instance = new();

    private NoPeers()
    {
    }

    public ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within) => new(NotDone.NotOwner);

    public void Tell(Member to, PeerNote note)
    {
    }
}
