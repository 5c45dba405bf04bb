using Mailroom.Actors.Cluster;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// Members, leases and the epochs of shards, by the database's clock. Commits hold <see cref="ShareLock"/> while they compare epochs and
/// write; whoever moves shards holds it alone, so no commit under an old epoch is under way when it is done. On a connection of its own:
/// a lease must not run out because others read much.
/// </summary>
internal sealed class PostgresOwnership(PostgresConnections connections, TimeProvider clock) : IOwnership, IAsyncDisposable
{
    /// <summary>In memory of the server only, so it costs a commit next to nothing, unlike locks on the rows of shards.</summary>
    public const string ShareLock = $"SELECT pg_advisory_xact_lock_shared({Lock})";

    private const string Lock = "7308324465835401001";

    private const string LockAlone = $"SELECT pg_advisory_xact_lock({Lock})";

    private const string RegisterSql = """
        INSERT INTO nodes (node, address, expires_at) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond') RETURNING incarnation
        """;

    private const string MakeShardsSql = """
        INSERT INTO shards (shard, epoch, owner) SELECT shard, 1, $1 FROM generate_series(0, $2 - 1) AS shard ON CONFLICT (shard) DO NOTHING
        """;

    private const string TakeAllSql = "UPDATE shards SET epoch = epoch + 1, owner = $1 WHERE owner <> $1";

    private const string DismissSql = "UPDATE nodes SET left_at = clock_timestamp() WHERE left_at IS NULL AND incarnation = ANY($1)";

    private const string DeclareSql = $"{DismissSql} AND expires_at <= clock_timestamp()";

    /// <summary>Old incarnations are of no use to anybody but to whoever reads up what happened.</summary>
    private const string ForgetSql = """
        DELETE FROM nodes n WHERE n.left_at < now() - interval '7 days' AND NOT EXISTS (SELECT FROM shards s WHERE s.owner = n.incarnation)
        """;

    private const string RenewSql = """
        UPDATE nodes SET expires_at = clock_timestamp() + $3 * interval '1 millisecond', is_stopping = $2 WHERE incarnation = $1 AND left_at IS NULL
        """;

    private const string MoveSql = """
        UPDATE shards s SET owner = m.taker, epoch = s.epoch + 1
        FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS m(shard, giver, epoch, taker)
        WHERE s.shard = m.shard AND s.owner = m.giver AND s.epoch = m.epoch
          AND (m.giver = $1 OR NOT EXISTS (SELECT FROM nodes n WHERE n.incarnation = m.giver AND n.left_at IS NULL))
          AND EXISTS (SELECT FROM nodes n WHERE n.incarnation = m.taker AND n.left_at IS NULL)
        """;

    private readonly WriterTurn<NpgsqlConnection> _turn = new(connections, clock, static connection => connection);

    public bool IsShared => true;

    public ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, short.MaxValue);
        return AloneAsync(
            "joining",
            async (connection, deadline) =>
            {
                var stored = await PostgresView.ReadAsync(connection, 0, deadline);
                if (stored.Shards.Count != 0 && stored.Shards.Count != shards)
                {
                    throw new ShardCountException(stored.Shards.Count, shards);
                }

                var replaced = JoinRules.Replaced(node, stored.Members);
                await ExecuteAsync(connection, DismissSql, deadline, Parameters.Of(replaced));
                await ExecuteAsync(connection, ForgetSql, deadline);
                var incarnation = await RegisterAsync(connection, node, lease, deadline);
                await ExecuteAsync(connection, MakeShardsSql, deadline, Parameters.Of(incarnation), Parameters.Of(shards));
                if (node.IsAlone)
                {
                    await ExecuteAsync(connection, TakeAllSql, deadline, Parameters.Of(incarnation));
                }

                return await PostgresView.ReadAsync(connection, incarnation, deadline);
            },
            cancel);
    }

    public ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel) => _turn.RunAsync(
        "renewing the lease",
        (connection, deadline) => PostgresView.ReadAfterAsync(
            connection, PostgresView.Command(RenewSql, Parameters.Of(incarnation), Parameters.Of(isStopping), Milliseconds(lease)), incarnation, deadline),
        cancel);

    public ValueTask<ClusterView> ViewAsync(CancellationToken cancel) => _turn.RunAsync(
        "reading the members", (connection, deadline) => PostgresView.ReadAsync(connection, 0, deadline), cancel);

    public async ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel) => await _turn.RunAsync(
        "declaring a member lost", (connection, deadline) => ExecuteAsync(connection, DeclareSql, deadline, Parameters.Of(incarnations)), cancel);

    public ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel) => AloneAsync(
        "moving shards",
        (connection, deadline) => ExecuteAsync(
            connection, MoveSql, deadline, Parameters.Of(by),
            Parameters.Of(moves.Select(move => move.Shard).ToList()), Parameters.Of(moves.Select(move => move.From).ToList()),
            Parameters.Of(moves.Select(move => move.Epoch).ToList()), Parameters.Of(moves.Select(move => move.To).ToList())),
        cancel);

    public async ValueTask LeaveAsync(long incarnation, CancellationToken cancel) => await _turn.RunAsync(
        "leaving", (connection, deadline) => ExecuteAsync(connection, DismissSql, deadline, Parameters.Of([incarnation])), cancel);

    public ValueTask DisposeAsync() => _turn.DisposeAsync();

    /// <summary>One transaction while nobody commits.</summary>
    private ValueTask<T> AloneAsync<T>(string doing, Func<NpgsqlConnection, CancellationToken, ValueTask<T>> write, CancellationToken cancel) => _turn.RunAsync(
        doing,
        async (connection, deadline) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(deadline);
            await ExecuteAsync(connection, LockAlone, deadline);
            var result = await write(connection, deadline);
            await transaction.CommitAsync(deadline);
            return result;
        },
        cancel);

    private static async ValueTask<long> RegisterAsync(NpgsqlConnection connection, NodeCard node, TimeSpan lease, CancellationToken cancel)
    {
        await using var command = PostgresView.Command(RegisterSql, Parameters.Of(node.Name), Parameters.Of(node.Address), Milliseconds(lease));
        command.Connection = connection;
        return (long)(await command.ExecuteScalarAsync(cancel) ?? throw new InvalidOperationException("An incarnation was expected."));
    }

    private static async ValueTask<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = PostgresView.Command(sql, parameters);
        command.Connection = connection;
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter Milliseconds(TimeSpan time) => Parameters.Of((long)time.TotalMilliseconds);
}
