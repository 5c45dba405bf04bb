using Npgsql;

namespace Mailroom.Host.Settings;

/// <param name="ConnectionString">For Npgsql, with the limits below applied; null where no DSN is set.</param>
/// <param name="Replicas">Connection strings of the primary's replicas, with the same limits.</param>
/// <param name="OperationTimeout">Longest time for one operation.</param>
/// <param name="MaxOpenConnections">Most connections at a time.</param>
/// <param name="MaxIdleConnections">Connections kept while idle.</param>
/// <param name="ConnectionLifetime">Age at which a connection is replaced; zero keeps it.</param>
public sealed record PostgresSettings(
    Secret? ConnectionString,
    IReadOnlyList<Secret> Replicas,
    TimeSpan OperationTimeout,
    int MaxOpenConnections,
    int MaxIdleConnections,
    TimeSpan ConnectionLifetime)
{
    internal static PostgresSettings Bind(SettingsTree tree)
    {
        const string Prefix = "mailroom.store.postgres.";
        var settings = new PostgresSettings(
            null,
            [],
            tree.Duration(Prefix + "operation-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)),
            tree.Int(Prefix + "max-open-conns", 4, 1000),
            tree.Int(Prefix + "max-idle-conns", 0, 1000),
            tree.Duration(Prefix + "conn-max-lifetime", TimeSpan.Zero, TimeSpan.FromHours(24)));
        if (settings.ConnectionLifetime > TimeSpan.Zero && settings.ConnectionLifetime < TimeSpan.FromSeconds(1))
        {
            tree.Refuse(Prefix + "conn-max-lifetime", "it is shorter than 1s", "Set it to 1s or more, or to 0s to keep connections");
        }

        if (tree.AreSound(Prefix + "max-open-conns", Prefix + "max-idle-conns")
            && settings.MaxIdleConnections > settings.MaxOpenConnections)
        {
            tree.Refuse(Prefix + "max-idle-conns", "more connections would idle than may be open", $"Set it to at most {Prefix}max-open-conns");
        }

        return settings with
        {
            ConnectionString = tree.Secret(Prefix + "primary-dsn") is { } primary ? settings.Connect(tree, Prefix + "primary-dsn", primary) : null,
            Replicas = settings.ConnectReplicas(tree, Prefix + "replica-dsns"),
        };
    }

    private List<Secret> ConnectReplicas(SettingsTree tree, string key)
    {
        var replicas = new List<Secret>();
        foreach (var dsn in tree.SecretList(key, 8))
        {
            if (Connect(tree, key, dsn) is { } replica)
            {
                replicas.Add(replica);
            }
        }

        return replicas;
    }

    private Secret? Connect(SettingsTree tree, string key, Secret dsn)
    {
        if (!PostgresDsn.TryRead(dsn.Reveal(), out var connection, out var refusal))
        {
            tree.Refuse(key, refusal.Cause, refusal.Fix);
            return null;
        }

        ApplyLimits(connection);
        return new Secret(connection.ConnectionString);
    }

    /// <summary>Npgsql prunes idle connections down to its least pool size, which makes that the number kept while idle.</summary>
    private void ApplyLimits(NpgsqlConnectionStringBuilder connection)
    {
        connection.MaxPoolSize = MaxOpenConnections;
        connection.MinPoolSize = Math.Min(MaxIdleConnections, MaxOpenConnections);
        connection.ConnectionLifetime = (int)Math.Ceiling(ConnectionLifetime.TotalSeconds);
    }
}
