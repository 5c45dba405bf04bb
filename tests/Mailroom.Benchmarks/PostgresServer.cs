using System.Globalization;
using Npgsql;

namespace Mailroom.Benchmarks;

/// <summary>A PostgreSQL on this machine, with a schema for the benchmark and the CPU time of all its processes.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Schema = "store_benchmark";

    /// <summary>Of Linux, whatever the kernel's own tick is.</summary>
    private const double TicksPerSecond = 100;

    private readonly int _postmaster;

    private PostgresServer(string connectionString, int postmaster) => (ConnectionString, _postmaster) = (connectionString, postmaster);

    public string ConnectionString { get; }

    public static async Task<PostgresServer> PrepareAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema, Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {Schema} CASCADE", connection);
        await command.ExecuteNonQueryAsync();
        command.CommandText = "SELECT pg_backend_pid()";
        var backend = (int)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException("The server named no backend."));
        return new(settings.ConnectionString, Parent(Stat(backend)));
    }

    /// <summary>Of this process and of the server with all its backends, those that have ended included.</summary>
    public TimeSpan ProcessorTime()
    {
        var ticks = Own(Stat(_postmaster)) + Ended(Stat(_postmaster));
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && StatOrNull(id) is { } stat
                && Parent(stat) == _postmaster)
            {
                ticks += Own(stat);
            }
        }

        return Benchmarks.ProcessorTime.OfThisProcess() + TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    public async ValueTask DisposeAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {Schema} CASCADE", connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string[] Stat(int process) => StatOrNull(process)
        ?? throw new InvalidOperationException("The server's processes cannot be seen: it has to run on this machine, outside of any container.");

    /// <summary>The fields of /proc/PID/stat after the command's name, so the first one is field 3 of proc(5).</summary>
    private static string[]? StatOrNull(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // It ended meanwhile.
        }
    }

    private static int Parent(string[] stat) => int.Parse(stat[1], CultureInfo.InvariantCulture);

    private static long Own(string[] stat) => Number(stat[11]) + Number(stat[12]);

    private static long Ended(string[] stat) => Number(stat[13]) + Number(stat[14]);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

internal static class ProcessorTime
{
    public static TimeSpan OfThisProcess() => Environment.CpuUsage.TotalTime;
}
