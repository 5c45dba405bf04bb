using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>The ledger of migrations in PostgreSQL. Turns are taken by an advisory lock, which a dying node gives back by dying.</summary>
internal sealed class PostgresLedger(PostgresConnections connections, string ledgerSql) : IMigrationLedger
{
    private const string Lock = "SELECT pg_advisory_xact_lock(7308324465835401002)";

    // The first schema of the search path. Made only where it is missing: a role that was given one may not make another.
    private const string Schema = """
        DO $$
        DECLARE wanted text := trim(both ' "' from split_part(current_setting('search_path'), ',', 1));
        BEGIN
            IF wanted = '$user' THEN wanted := current_user; END IF;
            IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = wanted) THEN EXECUTE format('CREATE SCHEMA %I', wanted); END IF;
        END $$
        """;

    public ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync(CancellationToken cancel) =>
        RunAsync("reading migrations", async connection => await ReadAsync(connection, cancel), cancel);

    public ValueTask<T> InTurnAsync<T>(Func<IMigrationTurn, ValueTask<T>> step, CancellationToken cancel) =>
        RunAsync(
            "migrating",
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await ExecuteAsync(connection, Lock, cancel);
                await ExecuteAsync(connection, Schema, cancel);
                await ExecuteAsync(connection, ledgerSql, cancel);
                var result = await step(new Turn(connection, cancel));
                await transaction.CommitAsync(cancel);
                return result;
            },
            cancel);

    private async ValueTask<T> RunAsync<T>(string doing, Func<NpgsqlConnection, Task<T>> run, CancellationToken cancel)
    {
        try
        {
            await using var connection = await connections.PlainAsync(cancel);
            return await run(connection);
        }
        catch (Exception failure) when (PostgresFailure.Unavailable(failure, doing, cancel) is { } unavailable)
        {
            throw unavailable;
        }
    }

    private static async Task<IReadOnlyList<AppliedMigration>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('schema_migrations') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancel) is not true)
        {
            return [];
        }

        await using var command = new NpgsqlCommand("SELECT version::bigint, name, applied_at, checksum FROM schema_migrations ORDER BY version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var applied = new List<AppliedMigration>();
        while (await reader.ReadAsync(cancel))
        {
            var row = new PostgresRow(reader);
            applied.Add(new((int)row.Number(0), row.Text(1), row.Time(2), row.Bytes(3)));
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private sealed class Turn(NpgsqlConnection connection, CancellationToken cancel) : IMigrationTurn
    {
        public async ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync() => await ReadAsync(connection, cancel);

        public async ValueTask ExecuteAsync(string sql) => await PostgresLedger.ExecuteAsync(connection, sql, cancel);

        public async ValueTask RecordAsync(Migration migration, Instant at, TimeSpan took)
        {
            await using var command = new NpgsqlCommand("INSERT INTO schema_migrations (version, name, applied_at, checksum, execution_time) VALUES ($1, $2, $3, $4, $5)", connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<int> { TypedValue = migration.Version },
                    new NpgsqlParameter<string> { TypedValue = migration.Name },
                    new NpgsqlParameter<DateTime> { TypedValue = at.ToDateTimeOffset().UtcDateTime },
                    new NpgsqlParameter<byte[]> { TypedValue = migration.Checksum },
                    new NpgsqlParameter<long> { TypedValue = (long)took.TotalNanoseconds },
                },
            };
            await command.ExecuteNonQueryAsync(cancel);
        }

        public async ValueTask ForgetAsync(int version)
        {
            await using var command = new NpgsqlCommand("DELETE FROM schema_migrations WHERE version = $1", connection)
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = version } },
            };
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
