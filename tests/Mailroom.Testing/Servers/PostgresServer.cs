using System.Globalization;
using Npgsql;

namespace Mailroom.Testing;

/// <summary>
/// A PostgreSQL server of a test's own, which the test may stop, kill and start again: the same port, the same data.
/// It keeps what it committed, as a server in production does.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const int Attempts = 5;
    private const string User = "mailroom";

    private readonly TemporaryFolder folder;
    private readonly string password;
    private readonly int port;
    private readonly string address;

    private PostgresServer(TemporaryFolder folder, string password, int port, string address)
    {
        this.folder = folder;
        this.password = password;
        this.port = port;
        this.address = address;
    }

    /// <summary>Connects as a superuser.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = address,
        Port = port,
        Username = User,
        Password = password,
        Database = "postgres",
    }.ConnectionString;

    private string Data => Path.Combine(folder.Path, "server", "data");

    private string PidFile => Path.Combine(Data, "postmaster.pid");

    private string Log => Path.Combine(folder.Path, "server", "log");

    /// <summary>Makes an empty server and waits until it answers.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="callers">The range of addresses that may connect, beside this machine's own.</param>
    public static async Task<PostgresServer> Create(string address = "127.0.0.1", string? callers = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new PostgresServer(new TemporaryFolder(), Guid.NewGuid().ToString("N"), LoopbackPort.Free(), address);
            await server.Initialise(callers).ConfigureAwait(false);
            var (code, output) = await server.TryStart().ConfigureAwait(false);
            if (code == 0)
            {
                return server;
            }

            server.folder.Dispose();
            if (attempt == Attempts || !output.Contains("Address already in use", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"PostgreSQL did not start ({code}): {output}");
            }
        }
    }

    /// <summary>Breaks off what runs, writes a checkpoint and ends.</summary>
    public Task StopFast() => Stop("fast");

    /// <summary>Ends at once without a checkpoint: the next start recovers from the log, as after a crash.</summary>
    public Task StopImmediately() => Stop("immediate");

    /// <summary>SIGKILL to the process that all others of the server come from. The others end by themselves; no checkpoint is written.</summary>
    public async Task KillPostmaster()
    {
        Unix.Send(int.Parse((await File.ReadAllLinesAsync(PidFile).ConfigureAwait(false))[0], CultureInfo.InvariantCulture), UnixSignal.Kill);
        await Eventually.True(() => !ServerProcesses.WorkIn(Data), "the processes of a killed server to end").ConfigureAwait(false);

        // Nobody is left who could have them; the number in them may by now be another process's.
        File.Delete(PidFile);
        File.Delete(string.Create(CultureInfo.InvariantCulture, $"{Path.GetDirectoryName(Data)}/.s.PGSQL.{port}.lock"));
    }

    /// <summary>SIGKILL to one session of an application. The server throws out all sessions and recovers from its log; until it has from an earlier one, this waits.</summary>
    public async Task KillSession(string application)
    {
        int? pid = null;
        await Eventually.True(
            async () =>
            {
                pid = await SessionOf(application).ConfigureAwait(false);
                return pid is not null;
            },
            $"a session of {application}").ConfigureAwait(false);
        Unix.Send(pid!.Value, UnixSignal.Kill);
    }

    /// <summary>The process of its oldest session; null: it has none, or the server recovers.</summary>
    private async Task<int?> SessionOf(string application)
    {
        try
        {
            await using var connection = await Connect().ConfigureAwait(false);
            await using var command = new NpgsqlCommand(
                $"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}' ORDER BY backend_start LIMIT 1", connection);
            return await command.ExecuteScalarAsync().ConfigureAwait(false) as int?;
        }
        catch (NpgsqlException why) when (why.IsTransient)
        {
            return null;
        }
    }

    /// <summary>Has the next start come up as a standby of nobody: it answers reads and takes no writes until <c>pg_promote()</c>.</summary>
    public async Task MakeStandby()
    {
        var signal = Path.Combine(Data, "standby.signal");
        await File.WriteAllTextAsync(signal, "").ConfigureAwait(false);
        File.SetUnixFileMode(
            signal, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
    }

    /// <summary>Runs one statement as a superuser, outside of a transaction.</summary>
    public async Task Execute(string sql)
    {
        await using var connection = await Connect().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>Reads one value, of the first row's first column.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var connection = await Connect().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync().ConfigureAwait(false) ?? throw new InvalidOperationException($"No row came back for: {sql}"));
    }

    /// <summary>A session of the test's own, not pooled.</summary>
    public async Task<NpgsqlConnection> Connect()
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, ApplicationName = "somebody else" };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        return connection;
    }

    /// <summary>Starts it again after a stop.</summary>
    public async Task Start()
    {
        var (code, output) = await TryStart().ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException($"PostgreSQL did not start again ({code}): {output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(PidFile))
        {
            await StopImmediately().ConfigureAwait(false);
        }

        folder.Dispose();
    }

    private static Task<(int ExitCode, string Output)> Run(string program, params string[] arguments)
    {
        var programs = Environment.GetEnvironmentVariable(TestPostgres.ProgramsVariable);
        if (string.IsNullOrEmpty(programs))
        {
            throw new InvalidOperationException($"{TestPostgres.ProgramsVariable} is not set. Run ./test, which finds PostgreSQL for the tests.");
        }

        // PostgreSQL refuses to run as root.
        var path = Path.Combine(programs, program);
        return Environment.IsPrivilegedProcess
            ? ChildProcess.Run(Executable.Find("runuser"), ["-u", "postgres", "--", path, .. arguments])
            : ChildProcess.Run(path, arguments);
    }

    private async Task Initialise(string? callers)
    {
        var server = folder.FolderForEveryone("server");
        var passwordFile = Path.Combine(server, "password");
        await File.WriteAllTextAsync(passwordFile, password).ConfigureAwait(false);
        var (code, output) = await Run(
            "initdb", "-D", Data, "-U", User, $"--pwfile={passwordFile}", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--no-sync").ConfigureAwait(false);
        File.Delete(passwordFile);
        if (code != 0)
        {
            throw new InvalidOperationException($"initdb failed ({code}): {output}");
        }

        if (callers is not null)
        {
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {callers} scram-sha-256\n").ConfigureAwait(false);
        }
    }

    private async Task<(int Code, string Output)> TryStart()
    {
        var options = string.Create(CultureInfo.InvariantCulture, $"-p {port} -k {Path.GetDirectoryName(Data)} -c listen_addresses={address} -c max_connections=120");
        var (code, output) = await Run("pg_ctl", "-D", Data, "-l", Log, "-w", "-t", "30", "-s", "-o", options, "start").ConfigureAwait(false);
        return (code, code == 0 || !File.Exists(Log) ? output : output + await File.ReadAllTextAsync(Log).ConfigureAwait(false));
    }

    private async Task Stop(string mode)
    {
        var (code, output) = await Run("pg_ctl", "-D", Data, "-m", mode, "-w", "-t", "30", "-s", "stop").ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException($"PostgreSQL did not stop ({code}): {output}");
        }
    }
}
