using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>A table of a PostgreSQL database that nobody else can read or write, until it is released.</summary>
internal sealed class HeldTable : IAsyncDisposable
{
    private readonly TestPostgres _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldTable(TestPostgres database, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_database, _connection, _transaction) = (database, connection, transaction);

    public static async Task<HeldTable> Lock(TestPostgres database, string table)
    {
        var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new HeldTable(database, connection, transaction);
    }

    /// <summary>Waits until that many statements of others wait for a lock.</summary>
    public Task WaitForWaiting(int count) =>
        Eventually.True(
            async () => await _database.Scalar<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") >= count,
            $"{count} statements to wait for the held table");

    public Task Release() => _transaction.RollbackAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
