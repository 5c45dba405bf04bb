using System.Collections.Concurrent;
using Npgsql;

namespace Mailroom.Testing;

/// <summary>
/// An empty database on the PostgreSQL server of this test run. At the end whatever is still connected to it is cut off and it is
/// emptied for the next test: to create one copies files, and to drop one takes a checkpoint of the whole server.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    /// <summary>The variable that holds the connection string of a superuser's database.</summary>
    public const string Variable = "MAILROOM_TEST_POSTGRES";

    /// <summary>The variable that holds the folder of PostgreSQL's programs.</summary>
    public const string ProgramsVariable = "MAILROOM_TEST_PG_BIN";

    /// <summary>Makes a database what it was when it was new. Its sessions are gone by then, and with them their locks.</summary>
    private const string EmptySql = """
        DO $$
        DECLARE name text;
        BEGIN
            FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
                EXECUTE format('DROP SCHEMA %I CASCADE', name);
            END LOOP;
            CREATE SCHEMA public;
        END $$
        """;

    private static readonly ConcurrentBag<string> Emptied = [];

    private readonly string server;

    private TestPostgres(string server, string database)
    {
        this.server = server;
        Database = database;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = database, Pooling = true }.ConnectionString;
    }

    public string Database { get; }

    /// <summary>Connects to the new database as a superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>Takes an emptied database, or creates one.</summary>
    /// <exception cref="InvalidOperationException">No server was started for this run.</exception>
    public static async Task<TestPostgres> Create()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(server))
        {
            throw new InvalidOperationException($"{Variable} is not set. Run ./test, which starts PostgreSQL for the tests.");
        }

        // Not pooled: these connections are for creating and dropping alone, and would keep the server busy at its end.
        server = new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString;
        if (!Emptied.TryTake(out var database))
        {
            database = $"mailroom_{Guid.NewGuid():N}";
            await Execute(server, $"CREATE DATABASE {database}").ConfigureAwait(false);
        }

        return new TestPostgres(server, database);
    }

    /// <summary>Runs statements in the new database.</summary>
    public Task Execute(string sql) => Execute(ConnectionString, sql);

    /// <summary>Reads one value, of the first row's first column.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync().ConfigureAwait(false)
            ?? throw new InvalidOperationException($"No row came back for: {sql}"));
    }

    public async ValueTask DisposeAsync()
    {
        await Empty().ConfigureAwait(false);
        Emptied.Add(Database);
    }

    /// <summary>Cuts off whoever is connected, and leaves nothing in it.</summary>
    public async Task Empty()
    {
        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        // Nobody comes in before the last one is gone.
        await Execute(server, $"ALTER DATABASE {Database} ALLOW_CONNECTIONS false; ALTER DATABASE {Database} RESET ALL").ConfigureAwait(false);
        await Execute(server, $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{Database}'").ConfigureAwait(false);
        await Execute(server, $"ALTER DATABASE {Database} ALLOW_CONNECTIONS true").ConfigureAwait(false);
        await Execute(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString, EmptySql).ConfigureAwait(false);
    }

    private static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
