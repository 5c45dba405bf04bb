using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

internal sealed class SqliteApiKeys(SqliteReads reads, SqliteWriter writer) : IApiKeys
{
    private const string AddSql = $"INSERT INTO api_keys ({ApiKeyRow.Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    private const string FindSql = $"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE hash = ?";
    private const string ListSql = $"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE ?1 IS NULL OR org_id = ?1 ORDER BY created_at, key_id";
    private const string RevokeSql = "UPDATE api_keys SET revoked_at = ?2 WHERE key_id = ?1 AND revoked_at IS NULL";
    private const string TouchSql = "UPDATE api_keys SET last_used_at = MAX(COALESCE(last_used_at, ?2), ?2) WHERE key_id = ?1";

    public async ValueTask<ApiKey?> FindAsync(byte[] hash, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("looking up a key", FindSql, statement => statement.Bind(hash), ApiKeyRow.Read, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask AddAsync(ApiKey key, CancellationToken cancel) => await ChangeAsync(
        "adding a key",
        AddSql,
        statement => statement
            .Bind(key.Id).Bind(key.Org.Value).Bind(StoredText.Clean(key.Name)).Bind(key.Prefix).Bind(key.Hash)
            .Bind(key.CreatedAt).Bind(key.RevokedAt).Bind(key.LastUsedAt),
        cancel);

    public async ValueTask<IReadOnlyList<ApiKey>> ListAsync(OrgId? org, CancellationToken cancel) =>
        await reads.RowsAsync("listing keys", ListSql, statement => statement.Bind(org?.Value), ApiKeyRow.Read, cancel);

    public async ValueTask<bool> RevokeAsync(string id, Instant at, CancellationToken cancel) =>
        await ChangeAsync("revoking a key", RevokeSql, statement => statement.Bind(id).Bind(at), cancel) == 1;

    public async ValueTask TouchAsync(IReadOnlyDictionary<string, Instant> used, CancellationToken cancel)
    {
        var keys = used.ToArray();
        await writer.RunAsync(
            "noting the use of keys",
            database =>
            {
                foreach (var (id, at) in keys)
                {
                    database.Statement(TouchSql).Bind(id).Bind(at).Run();
                }

                return keys.Length;
            },
            null,
            cancel);
    }

    private ValueTask<int> ChangeAsync(string doing, string sql, Action<SqliteStatement> bind, CancellationToken cancel) => writer.RunAsync(
        doing,
        database =>
        {
            var statement = database.Statement(sql);
            bind(statement);
            statement.Run();
            return statement.Changes;
        },
        null,
        cancel);
}
