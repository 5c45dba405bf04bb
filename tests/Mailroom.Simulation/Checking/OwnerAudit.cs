using Mailroom.Actors.Cluster;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Checking;

/// <summary>Who is a member and owns what, as the store came to say so: one owner for each epoch, and nobody is put out while its lease holds.</summary>
internal sealed class OwnerAudit(Timeline timeline, Findings findings, History history)
{
    private readonly Dictionary<long, SimProcess> _processes = [];
    private readonly Dictionary<long, TimeSpan> _leases = [];
    private readonly HashSet<long> _members = [];
    private readonly HashSet<long> _replaced = [];
    private readonly Dictionary<int, ShardHold> _holds = [];

    /// <summary>Told of each incarnation that has just ceased to be a member.</summary>
    public Action<long>? Gone { get; set; }

    public bool IsOwned(int shard, long epoch) => _holds.GetValueOrDefault(shard).Epoch == epoch;

    public long EpochOf(int shard) => _holds.GetValueOrDefault(shard).Epoch;

    /// <summary>The process that was given this incarnation, or null.</summary>
    public SimProcess? ProcessOf(long incarnation) => _processes.GetValueOrDefault(incarnation);

    /// <summary>Nobody makes attempts under this incarnation any more, or nobody should.</summary>
    public bool IsLost(long incarnation) => !_members.Contains(incarnation) || ProcessOf(incarnation) is not { IsDead: false } process || process.Incarnation != incarnation;

    /// <summary>A process of its name took its place while its lease held: it may not know of it yet. Two of one name at a time are a mistake of whoever starts them.</summary>
    public bool IsReplacedUnawares(long incarnation) => _replaced.Contains(incarnation) && _leases[incarnation] > timeline.Now;

    public ClusterView Joined(SimProcess process, TimeSpan lease, ClusterView view)
    {
        if (!_processes.TryAdd(view.Self, process))
        {
            findings.Add(Broken.Store, null, $"Incarnation {view.Self} was given twice.");
        }

        history.Add(process.Machine.Number, "joined", null, view.Self, process.Number);
        process.Incarnation = view.Self;
        _leases[view.Self] = timeline.Now + lease;
        // A process of the same name puts the one before it out at once; that it may is held against nobody.
        Follow(view, by: view.Self, isJoin: true);
        return view;
    }

    public ClusterView Renewed(long incarnation, TimeSpan lease, ClusterView view)
    {
        if (view.Me is not null)
        {
            _leases[incarnation] = timeline.Now + lease;
        }

        return view;
    }

    public ClusterView Declared(ClusterView view)
    {
        foreach (var incarnation in _members.Where(member => view.Find(member) is null && _leases[member] > timeline.Now))
        {
            findings.Add(Broken.Store, null, $"Incarnation {incarnation} was declared lost though its lease holds until {_leases[incarnation].TotalSeconds:F4} s.");
        }

        Follow(view, by: 0);
        return view;
    }

    public void Moved(long by, ClusterView view) => Follow(view, by);

    public ClusterView Left(long incarnation, ClusterView view)
    {
        history.Add(-1, "left", null, incarnation);
        Follow(view, incarnation);
        return view;
    }

    private void Follow(ClusterView view, long by, bool isJoin = false)
    {
        for (var shard = 0; shard < view.Shards.Count; shard++)
        {
            var (before, now) = (_holds.GetValueOrDefault(shard), view.Shards[shard]);
            if (now == before)
            {
                continue;
            }

            history.Add(-1, "owner", "shard-" + shard, now.Owner, now.Epoch);
            if (now.Epoch <= before.Epoch)
            {
                findings.Add(Broken.Store, "shard-" + shard, $"Given to {now.Owner} under epoch {now.Epoch}, which came after {before.Epoch}.");
            }

            if (!isJoin && before.Owner != by && view.Find(before.Owner) is not null)
            {
                findings.Add(Broken.Store, "shard-" + shard, $"Taken from {before.Owner}, which is a member, by {by}.");
            }

            _holds[shard] = now;
        }

        foreach (var gone in _members.Where(member => view.Find(member) is null).ToList())
        {
            _members.Remove(gone);
            if (isJoin && ProcessOf(gone) is { IsDead: false })
            {
                _replaced.Add(gone);
            }

            history.Add(-1, "gone", null, gone);
            Gone?.Invoke(gone);
        }

        foreach (var member in view.Members)
        {
            _members.Add(member.Incarnation);
        }
    }
}
