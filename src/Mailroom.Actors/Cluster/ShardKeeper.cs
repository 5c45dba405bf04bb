using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>The shards of this node, as the keeper moves them.</summary>
internal interface IShards
{
    long EpochOf(int shard);

    /// <summary>Takes a shard under an epoch, or gives it up at once with 0.</summary>
    void Own(int shard, long epoch);

    /// <summary>Takes no more work for these shards and waits until what is in flight is durable, <paramref name="within"/> at most.</summary>
    Task DrainAsync(IReadOnlyList<int> shards, TimeSpan within);

    /// <summary>This node is a member under another incarnation than before.</summary>
    void Joined(long incarnation);

    /// <summary>Shards came in or members went away: attempts of those that are no members any more are nobody's.</summary>
    void Recover();
}

/// <summary>
/// Keeps this node a member, its shards as the database says, and the shares even. One beat at a time: renew the lease, follow the view that comes with
/// it, declare lost who is lost, give away what is to go. Anything that fails is done again by the next beat.
/// </summary>
internal sealed class ShardKeeper : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Callers in trouble ask for a look more often than that helps.</summary>
    private static readonly TimeSpan LeastBetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly IOwnership _ownership;
    private readonly NodeCard _card;
    private readonly ClusterOptions _options;
    private readonly IShards _shards;
    private readonly ShardMap _map;
    private readonly Lease _lease;
    private readonly ClusterClock _clock;
    private readonly IPeers _peers;
    private readonly IScheduler _scheduler;
    private readonly IClusterEvents _events;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _replaced = new();
    private readonly ITimer _timer;
    private int _count;
    private long _self;
    private long _lookedAt;
    private long? _steadySince;
    private long _beatAt;
    private bool _isFailing;
    private int _running;
    private int _again;
    private volatile bool _isLeaving;
    private volatile TaskCompletionSource? _given;

    public ShardKeeper(
        IOwnership ownership, NodeCard card, ClusterOptions options, IShards shards, ShardMap map, Lease lease, ClusterClock clock, IPeers peers, IScheduler scheduler,
        IClusterEvents events)
    {
        (_ownership, _card, _options, _shards, _map, _lease) = (ownership, card, options, shards, map, lease);
        (_clock, _peers, _scheduler, _events) = (clock, peers, scheduler, events);
        _timer = clock.CreateTimer(static keeper => ((ShardKeeper)keeper!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when another process has taken this node's place.</summary>
    public Task Replaced => _replaced.Task;

    /// <summary>Joins and takes what is this node's now. To be called once, before all else.</summary>
    /// <inheritdoc cref="IOwnership.JoinAsync" path="/exception"/>
    public async Task JoinAsync(int shards, CancellationToken cancel)
    {
        _count = shards;
        await JoinAgainAsync(cancel).ConfigureAwait(false);
        if (!_ownership.IsShared)
        {
            return;
        }

        // What is free is this node's to take at once; what others have comes with their next beat.
        while (await BeatAsync().ConfigureAwait(false))
        {
            cancel.ThrowIfCancellationRequested();
        }

        _timer.Change(_options.Beat, _options.Beat);
    }

    /// <summary>A beat soon, also when one is under way.</summary>
    public void Look()
    {
        if (_ownership.IsShared && !_stopping.IsCancellationRequested && Interlocked.Exchange(ref _again, 1) == 0)
        {
            _scheduler.Run(this);
        }
    }

    /// <summary>A beat soon, unless one has just been.</summary>
    public void LookUnlessJustDone()
    {
        if (_clock.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= LeastBetweenLooks)
        {
            Look();
        }
    }

    /// <summary>Gives this node's shards to the other members, <paramref name="within"/> at most; at once where there are none.</summary>
    public async Task HandOverAsync(TimeSpan within)
    {
        if (!_ownership.IsShared || _stopping.IsCancellationRequested)
        {
            return;
        }

        var given = new TaskCompletionSource();
        _given = given;
        _isLeaving = true;
        Look();
        await given.Task.WaitAsync(within, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Is a member no more. What it still owns is free.</summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_self == 0 || _replaced.Task.IsCompleted)
        {
            return;
        }

        try
        {
            // Not left to the store alone: a database that says nothing is waited for longer than it is told.
            await _ownership.LeaveAsync(_self, cancel).AsTask().WaitAsync(cancel).ConfigureAwait(false);
            Nudge(_map.Others);
        }
        catch (Exception why) when (why is StoreUnavailableException or OperationCanceledException)
        {
            // Its lease runs out instead.
            _events.RenewalFailed(why);
        }
    }

    public void Execute() => _ = RunAsync();

    /// <summary>Does nothing more, as a process that dies.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _timer.Dispose();
    }

    private async Task RunAsync()
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            return;
        }

        Interlocked.Exchange(ref _again, 0);
        try
        {
            while (!_stopping.IsCancellationRequested && await BeatAsync().ConfigureAwait(false))
            {
                // What it did changed the view.
            }
        }
        finally
        {
            Volatile.Write(ref _running, 0);
            if (Interlocked.Exchange(ref _again, 0) == 1)
            {
                Look();
            }
        }
    }

    /// <summary>One beat. True: it changed something, so that another one should follow at once.</summary>
    private async ValueTask<bool> BeatAsync()
    {
        try
        {
            var sentAt = _clock.GetTimestamp();
            var view = await _ownership.RenewAsync(_self, _isLeaving, _options.Lease, _stopping.Token).ConfigureAwait(false);
            Volatile.Write(ref _lookedAt, _clock.GetTimestamp());
            if (view.Me is null)
            {
                return await LostAsync(view).ConfigureAwait(false);
            }

            Renewed(view, sentAt);
            return await DeclareAsync(view).ConfigureAwait(false) || await MoveAsync(view).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (JoinRefusedException)
        {
            // While this node was away others took the database for something that it has no part in.
            await EndAsync().ConfigureAwait(false);
            return false;
        }
        catch (Exception why)
        {
            // Whatever it is, the lease runs out unless a later beat goes well.
            _steadySince = null;
            if (!_isFailing)
            {
                _isFailing = true;
                _events.RenewalFailed(why);
            }

            return false;
        }
    }

    private void Renewed(ClusterView view, long sentAt)
    {
        if (_isFailing)
        {
            _isFailing = false;
            _events.RenewalRecovered();
        }

        // After a pause of this process the others' leases may have run out in the same pause of the whole machine.
        if (_steadySince is null || _clock.GetElapsedTime(_beatAt) > _options.Lease / 2)
        {
            _steadySince = sentAt;
        }

        _beatAt = sentAt;
        _lease.Renewed(sentAt, _options.Lease);
        _clock.Heard(view.Now, sentAt);
        Follow(view);
    }

    /// <summary>Owns what the view says, no more and no less.</summary>
    private void Follow(ClusterView view)
    {
        var before = _map.View;
        _map.Heard(view);
        var (gained, lost, owned) = (0, 0, 0);
        for (var shard = 0; shard < view.Shards.Count; shard++)
        {
            var hold = view.Shards[shard];
            var epoch = hold.Owner == view.Self ? hold.Epoch : 0;
            owned += epoch != 0 ? 1 : 0;
            var mine = _shards.EpochOf(shard);
            if (mine != epoch)
            {
                (gained, lost) = epoch != 0 ? (gained + 1, lost) : (gained, lost + 1);
                _shards.Own(shard, epoch);
            }
        }

        var isMissed = Tell(before, view);
        if (gained > 0 || isMissed)
        {
            _shards.Recover();
        }

        if (gained + lost > 0)
        {
            _events.SharesChanged(gained, lost, owned);
        }

        if (_isLeaving && (owned == 0 || !view.Members.Any(member => !member.IsStopping)))
        {
            _given?.TrySetResult();
        }
    }

    /// <summary>Says who came and went. True: somebody went.</summary>
    private bool Tell(ClusterView before, ClusterView view)
    {
        var isMissed = false;
        foreach (var member in before.Members)
        {
            if (view.Find(member.Incarnation) is null && member.Incarnation != before.Self)
            {
                isMissed = true;
                _events.MemberGone(member);
            }
        }

        foreach (var member in view.Members)
        {
            if (before.Self == view.Self && before.Find(member.Incarnation) is null && member.Incarnation != view.Self)
            {
                _events.MemberJoined(member);
            }
        }

        return isMissed;
    }

    private async ValueTask<bool> DeclareAsync(ClusterView view)
    {
        var lost = view.Members.Where(member => member.LeaseLeft <= TimeSpan.Zero && member.Incarnation != view.Self).ToList();
        if (lost.Count == 0 || _steadySince is not { } since || _clock.GetElapsedTime(since) < _options.Steady)
        {
            return false;
        }

        lost.ForEach(_events.DeclaresLost);
        await _ownership.DeclareLostAsync([.. lost.Select(member => member.Incarnation)], _stopping.Token).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> MoveAsync(ClusterView view)
    {
        var moves = ShardPlan.Moves(view).Where(move => move.From == view.Self || view.Find(move.From) is null).ToList();
        if (moves.Count == 0)
        {
            return false;
        }

        var since = _clock.GetTimestamp();
        var given = moves.Where(move => move.From == view.Self).Select(move => move.Shard).ToList();
        if (given.Count > 0)
        {
            await _shards.DrainAsync(given, _options.DrainWithin).ConfigureAwait(false);
        }

        var moved = await _ownership.MoveAsync(view.Self, moves, _stopping.Token).ConfigureAwait(false);
        var takers = moves.Select(move => move.To).Where(taker => taker != view.Self).ToHashSet();
        Nudge(view.Members.Where(member => takers.Contains(member.Incarnation)));
        if (given.Count > 0)
        {
            _events.HandedOver(given.Count, _clock.GetElapsedTime(since));
        }

        // Moved by another node already: the next beat's view shows it.
        return moved > 0;
    }

    private void Nudge(IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            _peers.Tell(member, LookAtCluster.Instance);
        }
    }

    /// <summary>This node was declared left: nothing that it owned is its own any more.</summary>
    private async ValueTask<bool> LostAsync(ClusterView view)
    {
        _lease.Lost();

        // Attempts that go on here report their end to whoever owns their delivery now.
        _map.Heard(view);
        for (var shard = 0; shard < _count; shard++)
        {
            _shards.Own(shard, 0);
        }

        if (view.Members.Any(member => member.Name == _card.Name || _card.IsAlone))
        {
            await EndAsync().ConfigureAwait(false);
            return false;
        }

        _events.WasDeclaredLost();
        await JoinAgainAsync(_stopping.Token).ConfigureAwait(false);
        return true;
    }

    private async ValueTask EndAsync()
    {
        _events.Replaced();
        await _stopping.CancelAsync().ConfigureAwait(false);
        _replaced.TrySetResult();
    }

    private async ValueTask JoinAgainAsync(CancellationToken cancel)
    {
        var sentAt = _clock.GetTimestamp();
        var view = await _ownership.JoinAsync(_card, _options.Lease, _count, cancel).ConfigureAwait(false);
        _self = view.Self;
        _shards.Joined(view.Self);
        _events.Joined(view.Self, view.Members.Count);
        if (_ownership.IsShared)
        {
            Renewed(view, sentAt);
            Nudge(_map.Others);
        }
        else
        {
            _lease.HoldsForEver();
            Follow(view);
        }
    }
}
