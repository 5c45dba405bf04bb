using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

internal sealed class PostgresApiKeys(PostgresReads reads) : IApiKeys
{
    private const string AddSql = $"INSERT INTO api_keys ({ApiKeyRow.Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    private const string TouchSql = """
        UPDATE api_keys AS k SET last_used_at = GREATEST(k.last_used_at, c.at)
        FROM unnest($1, $2) AS c(key_id, at) WHERE k.key_id = c.key_id
        """;

    public async ValueTask<ApiKey?> FindAsync(byte[] hash, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync(
            "looking up a key", PostgresReads.Command($"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE hash = $1", Parameters.Of(hash)), ApiKeyRow.Read, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public async ValueTask AddAsync(ApiKey key, CancellationToken cancel) =>
        await ExecuteAsync(
            "adding a key",
            AddSql,
            [
                Parameters.Of(key.Id), Parameters.Of(key.Org.Value), Parameters.Of(StoredText.Clean(key.Name)!), Parameters.Of(key.Prefix),
                Parameters.Of(key.Hash), Parameters.Of(key.CreatedAt), Parameters.Of(key.RevokedAt), Parameters.Of(key.LastUsedAt),
            ],
            cancel);

    public async ValueTask<IReadOnlyList<ApiKey>> ListAsync(OrgId? org, CancellationToken cancel)
    {
        var command = org is { } known
            ? PostgresReads.Command($"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE org_id = $1 ORDER BY created_at, key_id", Parameters.Of(known.Value))
            : PostgresReads.Command($"SELECT {ApiKeyRow.Columns} FROM api_keys ORDER BY created_at, key_id");
        return await reads.RowsAsync("listing keys", command, ApiKeyRow.Read, cancel);
    }

    public async ValueTask<bool> RevokeAsync(string id, Instant at, CancellationToken cancel) =>
        await ExecuteAsync(
            "revoking a key",
            "UPDATE api_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL",
            [Parameters.Of(id), Parameters.Of(at)],
            cancel) == 1;

    public async ValueTask TouchAsync(IReadOnlyDictionary<string, Instant> used, CancellationToken cancel)
    {
        if (used.Count > 0)
        {
            await ExecuteAsync("noting the use of keys", TouchSql, [Parameters.Of([.. used.Keys]), Parameters.Of([.. used.Values])], cancel);
        }
    }

    private ValueTask<int> ExecuteAsync(string doing, string sql, Npgsql.NpgsqlParameter[] parameters, CancellationToken cancel) =>
        reads.RunAsync(
            doing,
            async (connection, deadline) =>
            {
                await using var command = PostgresReads.Command(sql, parameters);
                command.Connection = connection;
                return await command.ExecuteNonQueryAsync(deadline);
            },
            cancel);
}
