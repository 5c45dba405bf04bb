namespace Mailroom.Actors.Cluster;

/// <summary>What this node last heard of who owns which shard. May be old: whoever is asked in vain says so.</summary>
internal sealed class ShardMap
{
    private static readonly ClusterView Nothing = new(0, [], [], default);

    private ClusterView _view = Nothing;
    private Member?[] _owners = [];

    public ClusterView View => Volatile.Read(ref _view);

    /// <summary>All members but this node.</summary>
    public IEnumerable<Member> Others => View.Members.Where(member => member.Incarnation != View.Self);

    public void Heard(ClusterView view)
    {
        var owners = new Member?[view.Shards.Count];
        for (var shard = 0; shard < owners.Length; shard++)
        {
            var owner = view.Shards[shard].Owner;
            owners[shard] = owner == view.Self ? null : view.Find(owner);
        }

        Volatile.Write(ref _owners, owners);
        Volatile.Write(ref _view, view);
    }

    /// <summary>The other node that owns a shard; null: nobody does, or this one.</summary>
    public Member? OtherOwner(int shard)
    {
        var owners = Volatile.Read(ref _owners);
        return shard < owners.Length ? owners[shard] : null;
    }
}
