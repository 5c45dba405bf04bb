using Mailroom.Actors;
using Npgsql;
using NpgsqlTypes;

namespace Mailroom.Data.Postgres;

/// <summary>
/// Incarnations and epochs. Commits hold <see cref="ShareLock"/> while they compare epochs and write; a node that takes shards
/// holds it alone, so no commit under an old epoch is under way when it is done.
/// </summary>
internal sealed class PostgresOwnership(PostgresConnections connections) : IOwnership
{
    /// <summary>In memory of the server only, so it costs a commit next to nothing, unlike locks on the rows of shards.</summary>
    public const string ShareLock = $"SELECT pg_advisory_xact_lock_shared({Lock})";

    private const string Lock = "7308324465835401001";

    private const string Take = $"""
        INSERT INTO shards (shard, epoch, owner)
        SELECT shard, 1, $1 FROM generate_series(0, $2 - 1) AS shard
        ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, owner = excluded.owner, expires_at = NULL
        """;

    public async ValueTask<NodeIncarnation> JoinAsync(string node, int shards, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, short.MaxValue);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(connections.Options.CommitTimeout);
        try
        {
            await using var connection = await connections.WriteAsync(deadline.Token);
            await using var transaction = await connection.BeginTransactionAsync(deadline.Token);
            var joined = await JoinAsync(connection, node, shards, deadline.Token);
            await transaction.CommitAsync(deadline.Token);
            return joined;
        }
        catch (Exception failure) when (PostgresFailure.Unavailable(failure, "joining", cancel) is { } unavailable)
        {
            throw unavailable;
        }
    }

    private static async Task<NodeIncarnation> JoinAsync(NpgsqlConnection connection, string node, int shards, CancellationToken cancel)
    {
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancel);
        var stored = (int)(long)await ScalarAsync(connection, "SELECT count(*) FROM shards", cancel);
        if (stored != 0 && stored != shards)
        {
            throw new ShardCountException(stored, shards);
        }

        var incarnation = (long)await ScalarAsync(
            connection, "INSERT INTO nodes (node) VALUES ($1) RETURNING incarnation", cancel, new NpgsqlParameter<string> { TypedValue = node });
        await ExecuteAsync(
            connection, Take, cancel,
            new NpgsqlParameter<long> { TypedValue = incarnation, NpgsqlDbType = NpgsqlDbType.Bigint },
            new NpgsqlParameter<int> { TypedValue = shards, NpgsqlDbType = NpgsqlDbType.Integer });

        await using var command = new NpgsqlCommand("SELECT epoch FROM shards ORDER BY shard", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var epochs = new List<long>(shards);
        while (await reader.ReadAsync(cancel))
        {
            epochs.Add(reader.GetInt64(0));
        }

        return new(incarnation, epochs);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<object> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancel) ?? throw new InvalidOperationException("A value was expected.");
    }
}
