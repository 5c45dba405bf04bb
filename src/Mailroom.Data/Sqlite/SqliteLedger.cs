using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;

namespace Mailroom.Data.Sqlite;

/// <summary>The ledger of migrations in a SQLite file. The writer's thread gives the turns, and the file belongs to one process.</summary>
internal sealed class SqliteLedger(SqliteWriter writer, string ledgerSql) : IMigrationLedger
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync(CancellationToken cancel) =>
        writer.RunAsync("reading migrations", Read, null, cancel);

    public ValueTask<T> InTurnAsync<T>(Func<IMigrationTurn, ValueTask<T>> step, CancellationToken cancel) => writer.RunAsync(
        "migrating",
        database =>
        {
            database.Script(ledgerSql);
            var done = step(new Turn(database));
            return done.IsCompleted
                ? done.GetAwaiter().GetResult()
                : throw new InvalidOperationException("A migration's turn must not wait for anything but its database.");
        },
        Longest,
        cancel);

    private static IReadOnlyList<AppliedMigration> Read(SqliteDatabase database)
    {
        const string Exists = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'";
        return SqliteReads.Rows(database, Exists, _ => { }, _ => true).Count == 0
            ? []
            : SqliteReads.Rows(
                database,
                "SELECT version, name, applied_at, checksum FROM schema_migrations ORDER BY version",
                _ => { },
                row => new AppliedMigration((int)row.Number(0), row.Text(1), row.Time(2), row.Bytes(3)));
    }

    private sealed class Turn(SqliteDatabase database) : IMigrationTurn
    {
        public ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync() => new(Read(database));

        public ValueTask ExecuteAsync(string sql)
        {
            database.Script(sql);
            return ValueTask.CompletedTask;
        }

        public ValueTask RecordAsync(Migration migration, Instant at, TimeSpan took)
        {
            database.Statement("INSERT INTO schema_migrations (version, name, applied_at, checksum, execution_time) VALUES (?, ?, ?, ?, ?)")
                .Bind(migration.Version).Bind(migration.Name).Bind(at).Bind(migration.Checksum).Bind((long)took.TotalNanoseconds)
                .Run();
            return ValueTask.CompletedTask;
        }

        public ValueTask ForgetAsync(int version)
        {
            database.Statement("DELETE FROM schema_migrations WHERE version = ?").Bind(version).Run();
            return ValueTask.CompletedTask;
        }
    }
}
