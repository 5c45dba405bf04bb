namespace Mailroom.Actors.Kernel;

/// <summary>What operators should hear of the kernel. Implementations must not throw and must not block.</summary>
public interface IKernelEvents
{
    /// <summary>A decision threw; the message was answered <see cref="NotDone.Faulted"/> and the state is untouched.</summary>
    void DecisionFailed(string kind, string id, string message, Exception why);

    /// <summary>The entity's state cannot be read or an event cannot be applied: it is set aside until it is passivated or the node restarts.</summary>
    void Quarantined(string kind, string id, Exception why);

    /// <summary>The store refuses this one change, though it takes others.</summary>
    void ChangePoisoned(string kind, string id, Exception why);

    /// <summary>Another owner has the shard: this node's copy of it was dropped.</summary>
    void Fenced(int shard);

    /// <summary>The store failed; said once for each spell. The work waits and is tried again.</summary>
    void StoreFailed(Exception why);

    void StoreRecovered();

    /// <summary>Running an effect or giving a reply threw, or looking for due rows did; then <paramref name="id"/> is empty.</summary>
    void CallbackFailed(string kind, string id, Exception why);
}

/// <summary>Runs one kind's effects once their decision is durable. Called on the shard's turn, so it hands work over and returns.</summary>
public interface IEffects
{
    void Run(string id, Effect effect);
}
