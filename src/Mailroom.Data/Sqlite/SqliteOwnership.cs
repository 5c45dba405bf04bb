using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Sqlite;

/// <summary>Incarnations and epochs. The file belongs to one process, so no lease runs out; but a commit of an earlier incarnation within it may still be under way.</summary>
internal sealed class SqliteOwnership(SqliteWriter writer, TimeProvider clock) : IOwnership
{
    private const string TakeSql = """
        INSERT INTO shards (shard, epoch, owner) VALUES (?, 1, ?)
        ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, owner = excluded.owner
        """;

    private const string ViewSql = "SELECT incarnation, node, joined_at FROM nodes WHERE left_at IS NULL ORDER BY incarnation";

    private static readonly TimeSpan ForEver = TimeSpan.FromDays(36_500);

    public bool IsShared => false;

    public ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, short.MaxValue);
        return node.IsAlone
            ? writer.RunAsync("joining", database => Join(database, node, shards), null, cancel)
            : throw new JoinRefusedException("A SQLite file has one node: a cluster needs PostgreSQL (MAILROOM_STORE=postgres).");
    }

    public ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel) =>
        writer.RunAsync("reading the members", database => View(database, incarnation), null, cancel);

    public ValueTask<ClusterView> ViewAsync(CancellationToken cancel) => RenewAsync(0, isStopping: false, ForEver, cancel);

    /// <summary>No lease runs out.</summary>
    public ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>There is nobody to give to.</summary>
    public ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel) => new(0);

    public async ValueTask LeaveAsync(long incarnation, CancellationToken cancel) => await writer.RunAsync(
        "leaving", database => Leave(database, "incarnation = ?2", clock.Now(), incarnation), null, cancel);

    private ClusterView Join(SqliteDatabase database, NodeCard node, int shards)
    {
        var stored = (int)Single(database.Statement("SELECT count(*) FROM shards"));
        if (stored != 0 && stored != shards)
        {
            throw new ShardCountException(stored, shards);
        }

        Leave(database, "?2 IS NOT NULL", clock.Now(), 0);
        var incarnation = Single(database.Statement("INSERT INTO nodes (node, joined_at) VALUES (?, ?) RETURNING incarnation").Bind(node.Name).Bind(clock.Now()));
        for (var shard = 0; shard < shards; shard++)
        {
            database.Statement(TakeSql).Bind(shard).Bind(incarnation).Run();
        }

        return View(database, incarnation);
    }

    private static bool Leave(SqliteDatabase database, string which, Instant at, long incarnation)
    {
        database.Statement($"UPDATE nodes SET left_at = ?1 WHERE left_at IS NULL AND {which}").Bind(at).Bind(incarnation).Run();
        return true;
    }

    private ClusterView View(SqliteDatabase database, long self)
    {
        var members = new List<Member>();
        var nodes = database.Statement(ViewSql);
        while (nodes.Read())
        {
            members.Add(new(nodes.Number(0), nodes.Text(1), "", IsStopping: false, nodes.Time(2), ForEver));
        }

        var owners = new List<ShardHold>();
        var shards = database.Statement("SELECT owner, epoch FROM shards ORDER BY shard");
        while (shards.Read())
        {
            owners.Add(new(shards.Number(0), shards.Number(1)));
        }

        return new(self, members, owners, clock.Now());
    }

    private static long Single(SqliteStatement statement)
    {
        var value = statement.Read() ? statement.Number(0) : throw new InvalidOperationException("A value was expected.");
        while (statement.Read())
        {
            throw new InvalidOperationException("One value was expected.");
        }

        return value;
    }
}
