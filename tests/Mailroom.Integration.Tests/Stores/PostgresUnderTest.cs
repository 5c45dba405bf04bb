using System.Globalization;
using Mailroom.Actors.Kernel;
using Mailroom.Data;
using Mailroom.Data.Postgres;
using Npgsql;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>A fresh schema for each test, because a database takes a checkpoint to drop.</summary>
public sealed class PostgresUnderTest : IStoreUnderTest
{
    public string Schema { get; } = $"store_{Guid.NewGuid():N}";

    public string ConnectionString => new NpgsqlConnectionStringBuilder(Server) { ApplicationName = Schema, Pooling = false, SearchPath = Schema }.ConnectionString;

    public int Port => new NpgsqlConnectionStringBuilder(Server).Port;

    private static string Server => Environment.GetEnvironmentVariable("MAILROOM_TEST_POSTGRES")
        ?? throw new InvalidOperationException("MAILROOM_TEST_POSTGRES is not set: run ./test, which starts a PostgreSQL for the tests.");

    public Task CreateAsync() => Task.CompletedTask;

    public IMailroomStore Open() => Open(TimeSpan.FromSeconds(10));

    /// <param name="timeout">The operation timeout.</param>
    /// <param name="options">Of the session, as the server's command line says them.</param>
    /// <param name="port">Null: the server's own.</param>
    public IMailroomStore Open(TimeSpan timeout, string? options = null, int? port = null) => PostgresStore.Open(
        new PostgresOptions(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Options = options, Port = port ?? Port }.ConnectionString, timeout, 8, 2, TimeSpan.FromMinutes(30)),
        TimeProvider.System);

    public string Literal(Instant time) => $"timestamptz '{time}'";

    public string Literal(byte[] bytes) => $"'\\x{Convert.ToHexString(bytes)}'::bytea";

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<string?>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string?>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.IsDBNull(0) ? null : Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture));
        }

        return rows;
    }

    /// <summary>Ends every session of the stores on this schema, as a restart of the server does.</summary>
    public Task TerminateSessionsAsync() => ExecuteAsync(
        $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{Schema}' AND pid <> pg_backend_pid()");

    public async ValueTask DisposeAsync() => await ExecuteAsync($"DROP SCHEMA IF EXISTS {Schema} CASCADE");
}
