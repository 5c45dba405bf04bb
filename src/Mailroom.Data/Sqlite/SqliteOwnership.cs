using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Sqlite;

/// <summary>Incarnations and epochs. The file belongs to one process, but a commit of an earlier incarnation within it may still be under way.</summary>
internal sealed class SqliteOwnership(SqliteWriter writer, TimeProvider clock) : IOwnership
{
    private const string TakeSql = """
        INSERT INTO shards (shard, epoch, owner) VALUES (?, 1, ?)
        ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, owner = excluded.owner, expires_at = NULL
        RETURNING epoch
        """;

    public ValueTask<NodeIncarnation> JoinAsync(string node, int shards, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, short.MaxValue);
        return writer.RunAsync("joining", database => Join(database, node, shards), null, cancel);
    }

    private NodeIncarnation Join(SqliteDatabase database, string node, int shards)
    {
        var stored = (int)Single(database.Statement("SELECT count(*) FROM shards"));
        if (stored != 0 && stored != shards)
        {
            throw new ShardCountException(stored, shards);
        }

        var incarnation = Single(database.Statement("INSERT INTO nodes (node, joined_at) VALUES (?, ?) RETURNING incarnation").Bind(node).Bind(clock.Now()));
        var epochs = new long[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            epochs[shard] = Single(database.Statement(TakeSql).Bind(shard).Bind(incarnation));
        }

        return new(incarnation, epochs);
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
