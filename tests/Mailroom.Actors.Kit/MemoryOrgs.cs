using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Kit;

/// <summary>Orgs in a <see cref="MemoryStore"/>.</summary>
public sealed class MemoryOrgs : MemoryTable<OrgState, OrgEvent>, IOrgStore
{
    private MemoryOrgs(MemoryStore store)
        : base(store, Org.DueAt)
    {
    }

    public static MemoryOrgs In(MemoryStore store) => store.Add(Org.Kind.Name, new MemoryOrgs(store));

    public ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(this[id.Value]?.State);
    }

    public ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(
        [
            .. Rows.Select(row => row.State)
                .Where(org => org.Id != OrgId.All && string.CompareOrdinal(org.Id.Value, after?.Value) > 0)
                .OrderBy(org => org.Id.Value, StringComparer.Ordinal)
                .Take(limit),
        ]);
    }
}
