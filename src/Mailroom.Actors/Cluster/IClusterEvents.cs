namespace Mailroom.Actors.Cluster;

/// <summary>What operators should hear of the cluster. Implementations must not throw and must not block.</summary>
public interface IClusterEvents
{
    /// <summary>This node is a member under <paramref name="incarnation"/>, at its start or again after it was declared lost.</summary>
    void Joined(long incarnation, int members);

    void MemberJoined(Member member);

    /// <summary>A member left or was declared lost.</summary>
    void MemberGone(Member member);

    /// <summary>This node declares a member lost: its lease ran out.</summary>
    void DeclaresLost(Member member);

    /// <summary>This node now owns <paramref name="owned"/> shards.</summary>
    void SharesChanged(int gained, int lost, int owned);

    /// <summary>This node gave shards to others; nobody owned them for <paramref name="gap"/>.</summary>
    void HandedOver(int shards, TimeSpan gap);

    /// <summary>The lease could not be renewed; said once for each spell.</summary>
    void RenewalFailed(Exception why);

    void RenewalRecovered();

    /// <summary>This node was declared lost by others and joins anew.</summary>
    void WasDeclaredLost();

    /// <summary>Another process has taken this node's place: it does nothing more.</summary>
    void Replaced();
}
