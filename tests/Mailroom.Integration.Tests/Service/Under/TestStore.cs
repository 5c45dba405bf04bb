using System.Data.Common;
using System.Globalization;
using Mailroom.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>A store of a test's own, with its folder of files. It outlives the processes that use it, and can be looked into beside them.</summary>
internal abstract class TestStore : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    private readonly TemporaryFolder folder = new();

    public string DataFolder => Path.Combine(folder.Path, "data");

    /// <summary>The variables that lead a process to this store.</summary>
    public abstract IEnumerable<(string Name, string Value)> Settings { get; }

    /// <param name="kind"><see cref="Sqlite"/> or <see cref="Postgres"/>.</param>
    public static async Task<TestStore> Create(string kind) => kind switch
    {
        Sqlite => new SqliteFile(),
        Postgres => new PostgresSchema(await TestPostgres.Create()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a store."),
    };

    /// <summary>A store on a server that the test may stop. The server stays the test's to dispose.</summary>
    public static TestStore On(PostgresServer server) => new OwnServer(server);

    /// <summary>A store in a database of the test's own. The database stays the test's to dispose.</summary>
    public static TestStore On(TestPostgres database) => new OnPostgres(database.ConnectionString);

    /// <summary>A store whose processes reach it by a wire; the test itself reaches it directly. Both stay the test's to dispose.</summary>
    public static TestStore Over(Wire wire, TestPostgres database) => new OnPostgres(
        new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = wire.Port }.ConnectionString, database.ConnectionString);

    public async Task<long> Count(string sql) => long.Parse((await Rows(sql)).Single()[0], CultureInfo.InvariantCulture);

    /// <summary>The rows of a query, each column as text; null as an empty one.</summary>
    public async Task<IReadOnlyList<string[]>> Rows(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string[]>();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture) ?? "")]);
        }

        return rows;
    }

    public virtual ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected abstract DbConnection Connect();

    private sealed class SqliteFile : TestStore
    {
        private string File => Path.Combine(DataFolder, "mail.db");

        public override IEnumerable<(string Name, string Value)> Settings => [("MAILROOM_STORE", Sqlite), ("MAILROOM_SQLITE_PATH", File)];

        /// <summary>Only reads: a connection that may write would take the log into the file when it is the last to close.</summary>
        protected override DbConnection Connect() => new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = File, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
    }

    private class OnPostgres(string dsn, string? seen = null) : TestStore
    {
        public override IEnumerable<(string Name, string Value)> Settings => [("MAILROOM_STORE", Postgres), ("MAIL_POSTGRES_PRIMARY_DSN", dsn)];

        protected override DbConnection Connect() => new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(seen ?? dsn) { SearchPath = "mail", Pooling = false }.ConnectionString);
    }

    private sealed class PostgresSchema(TestPostgres database) : OnPostgres(database.ConnectionString)
    {
        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    private sealed class OwnServer(PostgresServer server) : OnPostgres(server.ConnectionString);
}
