using Mailroom.Data;
using Mailroom.Data.Postgres;
using Mailroom.Data.Sqlite;
using Mailroom.Host.Settings;

namespace Mailroom.Host.Running;

/// <summary>Opens the database that the settings name.</summary>
internal static class Stores
{
    public static IMailroomStore Open(MailroomSettings settings, TimeProvider clock)
    {
        var postgres = settings.Store.Postgres;
        switch (settings.Store.Kind)
        {
            case StoreKind.Sqlite:
                if (Path.GetDirectoryName(Path.GetFullPath(settings.Store.SqlitePath)) is { Length: > 0 } directory)
                {
                    Directory.CreateDirectory(directory);
                }

                return SqliteStore.Open(new SqliteOptions(settings.Store.SqlitePath, postgres.OperationTimeout), clock);
            case StoreKind.Postgres:
                return PostgresStore.Open(
                    new PostgresOptions(
                        postgres.ConnectionString!.Reveal(), postgres.OperationTimeout, postgres.MaxOpenConnections, postgres.MaxIdleConnections,
                        postgres.ConnectionLifetime) { Replicas = [.. postgres.Replicas.Select(replica => replica.Reveal())] },
                    clock);
            default:
                throw new InvalidOperationException($"Not a store: {settings.Store.Kind}.");
        }
    }
}
