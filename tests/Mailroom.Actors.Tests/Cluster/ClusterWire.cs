using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Cluster;

/// <summary>What nodes send to each other: it arrives at once or, where the test says so, not at all.</summary>
internal sealed class ClusterWire
{
    private readonly Dictionary<string, ClusterMember> _plugged = [];

    /// <summary>Notes for which this is true are lost; null: none is.</summary>
    public Func<PeerNote, bool>? Loses { get; set; }

    /// <summary>Asks that reached another node.</summary>
    public List<EntityMessage> Asked { get; } = [];

    /// <summary>Notes that were sent, lost ones too.</summary>
    public List<PeerNote> Noted { get; } = [];

    public void Plug(ClusterMember member) => _plugged.Add(member.Address, member);

    public void Unplug(ClusterMember member) => _plugged.Remove(member.Address);

    public bool IsPlugged(ClusterMember member) => _plugged.ContainsKey(member.Address);

    /// <summary>A node's end of the wire.</summary>
    public IPeers From(string address) => new End(this, address);

    private sealed class End(ClusterWire wire, string address) : IPeers
    {
        public async ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within)
        {
            if (!wire._plugged.ContainsKey(address) || !wire._plugged.TryGetValue(to.Address, out var peer))
            {
                return NotDone.NotOwner;
            }

            wire.Asked.Add(message);
            return await peer.Node.Inbox.AskedAsync(message).ConfigureAwait(false);
        }

        public void Tell(Member to, PeerNote note)
        {
            wire.Noted.Add(note);
            if (wire.Loses?.Invoke(note) != true && wire._plugged.ContainsKey(address) && wire._plugged.TryGetValue(to.Address, out var peer))
            {
                peer.Node.Inbox.Told(note);
            }
        }
    }
}
