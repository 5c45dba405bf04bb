using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

internal sealed class SqliteOrgs(SqliteReads reads) : IOrgStore
{
    private const string FindSql = $"SELECT {OrgRow.Columns} FROM orgs WHERE org_id = ?";
    private const string ListSql = $"SELECT {OrgRow.Columns} FROM orgs WHERE org_id > ? AND org_id <> ? ORDER BY org_id LIMIT ?";

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel)
    {
        var rows = await reads.RunAsync("loading orgs", database => SqliteReads.EachId(database, FindSql, ids, OrgRow.Load), cancel);
        rows.ForEach(found);
    }

    /// <summary>An org has nothing to be woken for.</summary>
    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) => new([]);

    public async ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading an org", FindSql, statement => statement.Bind(id.Value), OrgRow.State, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => await reads.RowsAsync(
        "listing orgs", ListSql, statement => statement.Bind(after?.Value ?? "").Bind(OrgId.All.Value).Bind(limit), OrgRow.State, cancel);
}
