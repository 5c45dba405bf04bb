using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Members, leases and owners.</summary>
public sealed partial class MemoryStore : IOwnership
{
    private readonly SortedDictionary<long, MemoryMember> _members = [];
    private long[] _owners = [];
    private long _incarnations;

    /// <summary>Whether several nodes use this store; then leases run out.</summary>
    public bool IsShared { get; init; }

    /// <summary>The database's clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Somebody else takes the shard: writes under the old epoch are refused from now on.</summary>
    public long Fence(int shard)
    {
        lock (_gate)
        {
            _owners[shard] = 0;
            return ++_epochs[shard];
        }
    }

    /// <summary>Joins as the only node, and gives the epochs of the shards.</summary>
    public IReadOnlyList<long> Join(int shards) => [.. Join(new NodeCard("node", ""), TimeSpan.FromMinutes(1), shards).Shards.Select(hold => hold.Epoch)];

    public ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        return new(Join(node, lease, shards));
    }

    public ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        lock (_gate)
        {
            if (_members.TryGetValue(incarnation, out var member))
            {
                _members[incarnation] = member with { IsStopping = isStopping, ExpiresAt = Clock.GetUtcNow() + lease };
            }

            return new(View(incarnation));
        }
    }

    public ValueTask<ClusterView> ViewAsync(CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        lock (_gate)
        {
            return new(View(0));
        }
    }

    public ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        lock (_gate)
        {
            foreach (var incarnation in incarnations)
            {
                if (_members.TryGetValue(incarnation, out var member) && member.ExpiresAt - Faults.LeasesEndEarlyBy <= Clock.GetUtcNow())
                {
                    _members.Remove(incarnation);
                }
            }

            return default;
        }
    }

    public ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        lock (_gate)
        {
            var moved = 0;
            foreach (var (shard, from, epoch, to) in moves)
            {
                if (_owners[shard] == from && _epochs[shard] == epoch && (from == by || !_members.ContainsKey(from)) && _members.ContainsKey(to))
                {
                    Give(shard, to);
                    moved++;
                }
            }

            return new(moved);
        }
    }

    public ValueTask LeaveAsync(long incarnation, CancellationToken cancel)
    {
        Faults.ThrowIfUnavailable();
        lock (_gate)
        {
            _members.Remove(incarnation);
            return default;
        }
    }

    /// <summary>Within <see cref="Gate"/>: the incarnation is no member.</summary>
    internal bool IsLost(long incarnation) => Faults.TakesLivingForLost || !_members.ContainsKey(incarnation);

    private ClusterView Join(NodeCard node, TimeSpan lease, int shards)
    {
        lock (_gate)
        {
            if (_epochs.Length != 0 && _epochs.Length != shards)
            {
                throw new ShardCountException(_epochs.Length, shards);
            }

            foreach (var replaced in JoinRules.Replaced(node, View(0).Members))
            {
                _members.Remove(replaced);
            }

            var incarnation = ++_incarnations;
            _members.Add(incarnation, new(node, false, Clock.GetUtcNow(), Clock.GetUtcNow() + lease));
            var isFirst = _epochs.Length == 0;
            if (isFirst)
            {
                (_epochs, _owners) = (new long[shards], new long[shards]);
            }

            for (var shard = 0; shard < shards && (isFirst || node.IsAlone); shard++)
            {
                Give(shard, incarnation);
            }

            return View(incarnation);
        }
    }

    private void Give(int shard, long to)
    {
        _owners[shard] = to;
        _epochs[shard]++;
    }

    private ClusterView View(long self)
    {
        var now = Clock.GetUtcNow();
        return new(
            self,
            [
                .. _members.Select(member => new Member(
                    member.Key, member.Value.Card.Name, member.Value.Card.Address, member.Value.IsStopping, Instant.From(member.Value.JoinedAt), member.Value.ExpiresAt - Faults.LeasesEndEarlyBy - now)),
            ],
            [.. _owners.Select((owner, shard) => new ShardHold(owner, _epochs[shard]))],
            Instant.From(now));
    }

    private sealed record MemoryMember(NodeCard Card, bool IsStopping, DateTimeOffset JoinedAt, DateTimeOffset ExpiresAt);
}
