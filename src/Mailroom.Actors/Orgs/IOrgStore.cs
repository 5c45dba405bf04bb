using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>Everything about orgs that is read from the store; writes go through <see cref="ICommitStore"/> as changes of the kind <c>org</c>.</summary>
public interface IOrgStore : IEntityRows<OrgState>
{
    /// <summary>One org, or null.</summary>
    ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel);

    /// <summary>By id, at most <paramref name="limit"/> after <paramref name="after"/>. The entry that stands for all orgs (<see cref="OrgId.All"/>) is left out.</summary>
    ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel);
}
