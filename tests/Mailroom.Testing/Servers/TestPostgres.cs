using Npgsql;

namespace Mailroom.Testing;

/// <summary>
/// A new, empty database on the PostgreSQL server of this test run. It is dropped at the end, with whatever is still
/// connected to it.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    /// <summary>The variable that holds the connection string of a superuser's database.</summary>
    public const string Variable = "MAILROOM_TEST_POSTGRES";

    /// <summary>The variable that holds the folder of PostgreSQL's programs.</summary>
    public const string ProgramsVariable = "MAILROOM_TEST_PG_BIN";

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

    /// <summary>Creates a database.</summary>
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
        var database = $"mailroom_{Guid.NewGuid():N}";
        await Execute(server, $"CREATE DATABASE {database}").ConfigureAwait(false);
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
        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        await Execute(server, $"DROP DATABASE IF EXISTS {Database} WITH (FORCE)").ConfigureAwait(false);
    }

    private static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
