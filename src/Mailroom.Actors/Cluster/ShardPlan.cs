namespace Mailroom.Actors.Cluster;

/// <summary>
/// Which shards are to change owner: the free ones to whoever has fewer than its share, then as few others as make the shares even. A pure function
/// of the view, so that all nodes plan the same.
/// </summary>
public static class ShardPlan
{
    /// <summary>The moves that make the shares even. Nothing where nobody can take a shard.</summary>
    public static IReadOnlyList<ShardMove> Moves(ClusterView view)
    {
        var takers = view.Members.Where(member => !member.IsStopping).Select(member => member.Incarnation).Order().ToArray();
        if (takers.Length == 0)
        {
            return [];
        }

        var held = Held(view);
        var missing = Missing(takers, held, view.Shards.Count);
        var moves = new List<ShardMove>();
        foreach (var shard in Free(view).Concat(Spare(view, takers, held)))
        {
            if (missing.TryPeek(out var taker, out _))
            {
                moves.Add(new(shard, view.Shards[shard].Owner, view.Shards[shard].Epoch, taker));
                Took(missing);
            }
        }

        return moves;
    }

    private static Dictionary<long, int> Held(ClusterView view) => view.Shards.CountBy(shard => shard.Owner).ToDictionary();

    /// <summary>The takers that have less than their share, whoever lacks most first.</summary>
    private static PriorityQueue<long, (int Lacks, long Incarnation)> Missing(long[] takers, Dictionary<long, int> held, int shards)
    {
        var missing = new PriorityQueue<long, (int, long)>();
        foreach (var (taker, share) in Shares(takers, held, shards))
        {
            if (share - held.GetValueOrDefault(taker) is > 0 and var lacks)
            {
                missing.Enqueue(taker, (-lacks, taker));
            }
        }

        return missing;
    }

    private static void Took(PriorityQueue<long, (int Lacks, long Incarnation)> missing)
    {
        missing.TryDequeue(out var taker, out var rank);
        if (rank.Lacks < -1)
        {
            missing.Enqueue(taker, (rank.Lacks + 1, taker));
        }
    }

    /// <summary>What does not divide evenly stays with those that have the most, so that it need not move.</summary>
    private static IEnumerable<(long Taker, int Share)> Shares(long[] takers, Dictionary<long, int> held, int shards) => takers
        .OrderByDescending(taker => held.GetValueOrDefault(taker))
        .ThenBy(taker => taker)
        .Select((taker, place) => (taker, (shards / takers.Length) + (place < shards % takers.Length ? 1 : 0)));

    private static IEnumerable<int> Free(ClusterView view) =>
        Enumerable.Range(0, view.Shards.Count).Where(shard => view.Find(view.Shards[shard].Owner) is null);

    /// <summary>What stopping members hold, and what others hold beyond their share, the highest numbers first.</summary>
    private static IEnumerable<int> Spare(ClusterView view, long[] takers, Dictionary<long, int> held)
    {
        var shares = Shares(takers, held, view.Shards.Count).ToDictionary(share => share.Taker, share => share.Share);
        var left = new Dictionary<long, int>();
        foreach (var member in view.Members)
        {
            left[member.Incarnation] = held.GetValueOrDefault(member.Incarnation) - shares.GetValueOrDefault(member.Incarnation);
        }

        for (var shard = view.Shards.Count - 1; shard >= 0; shard--)
        {
            var owner = view.Shards[shard].Owner;
            if (left.GetValueOrDefault(owner) > 0)
            {
                left[owner]--;
                yield return shard;
            }
        }
    }
}
