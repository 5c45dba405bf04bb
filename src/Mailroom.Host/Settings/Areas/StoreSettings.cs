namespace Mailroom.Host.Settings;

public enum StoreKind
{
    Sqlite,
    Postgres,
}

/// <param name="Kind">Which database.</param>
/// <param name="AutoMigrate">The schema is brought up to date at start.</param>
/// <param name="SqlitePath">The database's file, where <see cref="Kind"/> is <see cref="StoreKind.Sqlite"/>.</param>
/// <param name="Postgres">The server, where <see cref="Kind"/> is <see cref="StoreKind.Postgres"/>.</param>
public sealed record StoreSettings(StoreKind Kind, bool AutoMigrate, string SqlitePath, PostgresSettings Postgres)
{
    internal static StoreSettings Bind(SettingsTree tree)
    {
        const string Dsn = "mailroom.store.postgres.primary-dsn";
        var settings = new StoreSettings(
            tree.Choice("mailroom.store.kind", ("sqlite", StoreKind.Sqlite), ("postgres", StoreKind.Postgres)),
            tree.Bool("mailroom.store.auto-migrate"),
            tree.RequiredString("mailroom.store.sqlite.path", "the path of a file"),
            PostgresSettings.Bind(tree));
        if (!tree.AreSound("mailroom.store.kind", Dsn))
        {
            return settings;
        }

        switch (settings.Kind, settings.Postgres.ConnectionString)
        {
            case (StoreKind.Postgres, null):
                tree.Refuse(
                    Dsn,
                    "the store postgres needs it",
                    $"Set {tree.VariableOf(Dsn)} to postgres://user:password@host:5432/database?search_path=mail, or {tree.VariableOf("mailroom.store.kind")} to sqlite");
                break;
            case (StoreKind.Sqlite, not null):
                WarnOfSqlite(tree, Dsn);
                break;
            case (StoreKind.Postgres, not null) or (StoreKind.Sqlite, null):
                break;
            default:
                throw new InvalidOperationException($"{settings.Kind} is not a kind of store.");
        }

        if (settings is { Kind: StoreKind.Sqlite, Postgres.Replicas.Count: > 0 })
        {
            WarnOfSqlite(tree, "mailroom.store.postgres.replica-dsns");
        }

        return settings;
    }

    private static void WarnOfSqlite(SettingsTree tree, string key) =>
        tree.Warn(key, "the store is sqlite, so it is not used", $"Set {tree.VariableOf("mailroom.store.kind")} to postgres, or remove it");
}
