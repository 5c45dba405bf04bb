using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

internal sealed class PostgresOrgs(PostgresReads reads) : IOrgStore
{
    private const string LoadSql = $"SELECT {OrgRow.Columns} FROM orgs WHERE org_id = ANY($1)";
    private const string FindSql = $"SELECT {OrgRow.Columns} FROM orgs WHERE org_id = $1";
    private const string ListSql = $"SELECT {OrgRow.Columns} FROM orgs WHERE org_id > $1 AND org_id <> $2 ORDER BY org_id LIMIT $3";

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("loading orgs", PostgresReads.Command(LoadSql, Parameters.Of(ids)), OrgRow.Load, cancel);
        rows.ForEach(found);
    }

    /// <summary>An org has nothing to be woken for.</summary>
    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) => new([]);

    public async ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading an org", PostgresReads.Command(FindSql, Parameters.Of(id.Value)), OrgRow.State, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => await reads.RowsAsync(
        "listing orgs",
        PostgresReads.Command(ListSql, Parameters.Of(after?.Value ?? ""), Parameters.Of(OrgId.All.Value), Parameters.Of(limit)),
        OrgRow.State,
        cancel);
}
