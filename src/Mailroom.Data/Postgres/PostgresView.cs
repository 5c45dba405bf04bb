using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Members and owners in one statement, so that no owner is missing among the members for having joined between two of them.</summary>
internal static class PostgresView
{
    private const string Sql = """
        SELECT 0::bigint, n.incarnation, n.node, n.address, n.is_stopping, n.joined_at,
               (extract(epoch FROM n.expires_at - clock_timestamp()) * 1000)::bigint, clock_timestamp()
        FROM nodes n WHERE n.left_at IS NULL
        UNION ALL
        SELECT 1::bigint, s.shard, NULL, NULL, NULL, NULL, s.owner, NULL FROM shards s
        UNION ALL
        SELECT 2::bigint, s.shard, NULL, NULL, NULL, NULL, s.epoch, NULL FROM shards s
        UNION ALL
        SELECT 3::bigint, 0, NULL, NULL, NULL, clock_timestamp(), NULL, NULL
        ORDER BY 1, 2
        """;

    public static NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    public static async ValueTask<ClusterView> ReadAsync(NpgsqlConnection connection, long self, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, self, cancel);
    }

    /// <summary>As it is after a statement, in one round trip and one transaction.</summary>
    public static async ValueTask<ClusterView> ReadAfterAsync(NpgsqlConnection connection, NpgsqlCommand first, long self, CancellationToken cancel)
    {
        await using var _ = first;
        await using var batch = new NpgsqlBatch(connection);
        var before = new NpgsqlBatchCommand(first.CommandText);
        foreach (NpgsqlParameter parameter in first.Parameters)
        {
            before.Parameters.Add(parameter.Clone());
        }

        batch.BatchCommands.Add(before);
        batch.BatchCommands.Add(new(Sql));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, self, cancel);
    }

    private static async ValueTask<ClusterView> ReadAsync(NpgsqlDataReader reader, long self, CancellationToken cancel)
    {
        var members = new List<Member>();
        var owners = new List<long>();
        var shards = new List<ShardHold>();
        var now = Instant.Epoch;
        while (await reader.ReadAsync(cancel))
        {
            var row = new PostgresRow(reader);
            switch (row.Number(0))
            {
                case 0:
                    members.Add(new(row.Number(1), row.Text(2), row.Text(3), row.Flag(4), row.Time(5), TimeSpan.FromMilliseconds(row.Number(6))));
                    break;
                case 1:
                    owners.Add(row.Number(6));
                    break;
                case 2:
                    shards.Add(new(owners[shards.Count], row.Number(6)));
                    break;
                default:
                    now = row.Time(5);
                    break;
            }
        }

        return new(self, members, shards, now);
    }
}
