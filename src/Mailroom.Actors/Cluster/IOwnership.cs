using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>
/// Who may write, by the database's word: the nodes that are members, until when, and which of them owns each shard under which
/// epoch. Every commit checks the epoch, so a node that lost a shard can write nothing of it.
/// </summary>
public interface IOwnership
{
    /// <summary>False: no other process can reach this store, so nobody has to hold a lease on it.</summary>
    bool IsShared { get; }

    /// <summary>
    /// Registers a new incarnation of a node, with a lease from now on. Earlier incarnations of its name are declared left. A node that is
    /// alone takes all shards at once, under new epochs; any other gets them by <see cref="MoveAsync"/>. The number of shards is fixed at
    /// the store's first use.
    /// </summary>
    /// <exception cref="ShardCountException">The store was made with another number of shards.</exception>
    /// <exception cref="JoinRefusedException">The members do not go together with this node.</exception>
    /// <exception cref="StoreUnavailableException">To be tried again; what was registered and not learnt of runs out by itself.</exception>
    ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel);

    /// <summary>Extends a member's lease to <paramref name="lease"/> from now on. A view without it: it was declared left and can do nothing more.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel);

    /// <summary>What the database says, for whoever is no member.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<ClusterView> ViewAsync(CancellationToken cancel);

    /// <summary>Declares those of <paramref name="incarnations"/> left whose lease has run out by the database's clock.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel);

    /// <summary>
    /// Gives shards to members under new epochs, each only where owner and epoch are as <paramref name="moves"/> say, the owner is
    /// <paramref name="by"/> or has left, and the new one is a member. When it returns no commit under an old epoch is under way. Returns how many were moved.
    /// </summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel);

    /// <summary>The member is gone: what it owns is free.</summary>
    /// <exception cref="StoreUnavailableException">Then its lease has to run out.</exception>
    ValueTask LeaveAsync(long incarnation, CancellationToken cancel);
}

/// <summary>A node as it presents itself.</summary>
/// <param name="Name">One for each node; a process of the same name takes the place of the one before it.</param>
/// <param name="Address">Where the other nodes reach it; empty where it is alone.</param>
public sealed record NodeCard(string Name, string Address)
{
    /// <summary>It shares the store with nobody.</summary>
    public bool IsAlone => Address.Length == 0;
}

/// <summary>A node that takes part.</summary>
/// <param name="Incarnation">The number that the store gave it at its start; never given twice.</param>
/// <param name="Name">See <see cref="NodeCard"/>.</param>
/// <param name="Address">See <see cref="NodeCard"/>.</param>
/// <param name="IsStopping">It gives its shards away and takes none.</param>
/// <param name="JoinedAt">By the database's clock.</param>
/// <param name="LeaseLeft">Until its lease runs out, by the database's clock; not above zero: it has.</param>
public sealed record Member(long Incarnation, string Name, string Address, bool IsStopping, Instant JoinedAt, TimeSpan LeaseLeft);

/// <summary>Who owns a shard, and under which epoch.</summary>
public readonly record struct ShardHold(long Owner, long Epoch);

/// <summary>One shard's change of owner.</summary>
public readonly record struct ShardMove(int Shard, long From, long Epoch, long To);

/// <summary>What the database said in one answer.</summary>
/// <param name="Self">The incarnation that asked; 0: no member.</param>
/// <param name="Members">All that joined and have not left or been declared left, by incarnation.</param>
/// <param name="Shards">By number. The owner of a shard that is free is no member.</param>
/// <param name="Now">The database's time.</param>
public sealed record ClusterView(long Self, IReadOnlyList<Member> Members, IReadOnlyList<ShardHold> Shards, Instant Now)
{
    /// <summary>The member that asked; null: it has been declared left.</summary>
    public Member? Me => Find(Self);

    public Member? Find(long incarnation)
    {
        foreach (var member in Members)
        {
            if (member.Incarnation == incarnation)
            {
                return member;
            }
        }

        return null;
    }
}

public sealed class ShardCountException(int stored, int asked)
    : Exception($"The store was made with {stored} shards and cannot be opened with {asked}: set mailroom.kernel.shards (MAILROOM_SHARDS) to {stored}.");

/// <summary>A node may not join, because of who is a member. The message says what to change.</summary>
public sealed class JoinRefusedException(string message) : Exception(message);
