using System.Globalization;
using Npgsql;

namespace Mailroom.Testing;

/// <summary>Queued mail in numbers that would take long to post: copies of one delivery that waits, written into PostgreSQL beside the service.</summary>
public static class Backlog
{
    /// <summary>Each copy was due half a millisecond before the next, the last one when the delivery was: as if they had come at 2,000 a second.</summary>
    private const string Earlier = "next_attempt_at - (@count - number) / 2 * interval '1 millisecond'";

    private static readonly string[] Tables = ["deliveries", "delivery_payloads", "delivery_recipients", "delivery_events"];

    /// <summary>Copies a delivery whose org is paused: one that is claimed meanwhile would be copied with its claim.</summary>
    public static async Task Copy(string connectionString, string delivery, int count)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "mail", Pooling = false, CommandTimeout = 600 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        var shards = (int)(await Run(connection, "SELECT count(*)::integer FROM shards").ConfigureAwait(false))!;
        foreach (var table in Tables)
        {
            var columns = (string[])(await Run(
                connection, "SELECT array_agg(column_name::text) FROM information_schema.columns WHERE table_schema = 'mail' AND table_name = @table",
                ("table", table)).ConfigureAwait(false))!;
            var values = columns.Select(column => column switch
            {
                "delivery_id" => "'em_copy_' || lpad(number::text, 12, '0')",
                "shard" => string.Create(CultureInfo.InvariantCulture, $"number % {shards}"),
                "next_attempt_at" => Earlier,
                _ => column,
            });
            await Run(
                connection,
                $"INSERT INTO {table} ({string.Join(", ", columns)}) SELECT {string.Join(", ", values)} FROM {table}, generate_series(1, @count) AS number WHERE delivery_id = @delivery",
                ("count", count), ("delivery", delivery)).ConfigureAwait(false);
        }
    }

    /// <summary>How many of the copies still wait.</summary>
    public static async Task<long> Left(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "mail", Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        return (long)(await Run(connection, "SELECT count(*) FROM deliveries WHERE delivery_id LIKE 'em_copy_%' AND status = 'queued'").ConfigureAwait(false))!;
    }

    private static async Task<object?> Run(NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteScalarAsync().ConfigureAwait(false);
    }
}
