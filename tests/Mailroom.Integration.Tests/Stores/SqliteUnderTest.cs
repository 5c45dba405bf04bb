using System.Globalization;
using Mailroom.Actors.Kernel;
using Mailroom.Data;
using Mailroom.Data.Sqlite;
using Microsoft.Data.Sqlite;

namespace Mailroom.Integration.Tests.Stores;

public sealed class SqliteUnderTest : IStoreUnderTest
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailroom-store-").FullName;

    public string Path => System.IO.Path.Combine(_folder, "mail.db");

    public Task CreateAsync() => Task.CompletedTask;

    public IMailroomStore Open() => SqliteStore.Open(new SqliteOptions(Path, TimeSpan.FromSeconds(10)), TimeProvider.System);

    public string Literal(Instant time) => time.UnixMilliseconds.ToString(CultureInfo.InvariantCulture);

    public string Literal(byte[] bytes) => $"x'{Convert.ToHexString(bytes)}'";

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<string?>> QueryAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string?>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.IsDBNull(0) ? null : Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture));
        }

        return rows;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false, DefaultTimeout = 10 }.ConnectionString);
        connection.Open();
        return connection;
    }
}
