using System.Globalization;

namespace Mailroom.Testing;

/// <summary>
/// A Redis server of a test's own on a free port of 127.0.0.1, which the test may stop, kill, freeze and start again: the same port, the
/// same data (append-only file, synced at each write unless the test says otherwise).
/// </summary>
public sealed class TestRedis : IAsyncDisposable
{
    private const int Attempts = 5;
    private const string ConfigurationFile = "redis.conf";
    private const string Ready = "Ready to accept connections";

    private readonly TemporaryFolder folder = new();
    private readonly string settings;
    private ChildProcess? process;

    private TestRedis(string settings, bool tls)
    {
        this.settings = settings;
        Port = LoopbackPort.Free();
        Certificate = tls ? SelfSignedCertificate.Create() : null;
    }

    public int Port { get; }

    public string Password { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The certificate for <c>localhost</c> and 127.0.0.1, where it was created with TLS.</summary>
    public SelfSignedCertificate? Certificate { get; }

    /// <summary>Its working folder, where it saves.</summary>
    public string Folder => folder.Path;

    /// <summary>What it logged since its last start, for the message of a failure.</summary>
    public string Log => process?.Log.Tail() ?? "";

    /// <summary>Of Redis 7, which begins with one file beside the base.</summary>
    private string LogFile => Path.Combine(folder.Path, "appendonlydir", "appendonly.aof.1.incr.aof");

    private string Configuration => Path.Combine(folder.Path, ConfigurationFile);

    /// <summary>Starts one and waits until it serves.</summary>
    /// <param name="tls">It speaks TLS and nothing else.</param>
    /// <param name="settings">Further lines of its configuration, as <c>appendfsync everysec</c>. Later lines win.</param>
    public static async Task<TestRedis> Create(bool tls = false, params string[] settings)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new TestRedis(string.Join('\n', settings), tls);
            try
            {
                await server.Start().ConfigureAwait(false);
                return server;
            }
            catch (InvalidOperationException) when (attempt < Attempts && server.Log.Contains("Address already in use", StringComparison.Ordinal))
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
            catch
            {
                await server.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Starts it, after a stop or a kill too, and waits until it serves.</summary>
    public async Task Start()
    {
        var started = Launch();
        var ready = started.Log.Line(line => line.Contains(Ready, StringComparison.Ordinal));
        await Deadline.In().Wait(Task.WhenAny(ready, started.Exited), "Redis to be ready", () => Log).ConfigureAwait(false);
        if (!ready.IsCompleted)
        {
            throw new InvalidOperationException($"redis-server did not start: {Log}");
        }
    }

    /// <summary>SIGTERM: it writes what it has and ends.</summary>
    public async Task Stop() => await Running.Terminate().ConfigureAwait(false);

    /// <summary>SIGKILL.</summary>
    public async Task Kill() => await Running.Kill().ConfigureAwait(false);

    /// <summary>SIGSTOP: it stands still, its connections stay open.</summary>
    public void Freeze() => Running.Signal(UnixSignal.Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Running.Signal(UnixSignal.Continue);

    /// <summary>How long its log of writes is; what is in it has been confirmed to whoever wrote it.</summary>
    public long LogLength => new FileInfo(LogFile).Length;

    /// <summary>Cuts its log off there, while it is stopped: what a machine finds that died before the rest was on its disk.</summary>
    public void LoseLogAfter(long length)
    {
        using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Write);
        log.SetLength(length);
    }

    /// <summary>Runs a command by <c>redis-cli</c>, so that what is tested is not what tests. Not for a server with TLS.</summary>
    public async Task<string> Cli(params string[] arguments)
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        var (code, output) = await ChildProcess.Run(
            Executable.Find("redis-cli"), ["-h", "127.0.0.1", "-p", port, "-a", Password, "--no-auth-warning", "-e", .. arguments]).ConfigureAwait(false);
        return code == 0 ? output.Trim() : throw new InvalidOperationException($"redis-cli {arguments[0]} failed ({code}): {output}");
    }

    /// <summary>The processor time that its process has used since its start.</summary>
    public TimeSpan ProcessorTime()
    {
        using var seen = System.Diagnostics.Process.GetProcessById(Running.Id);
        return seen.TotalProcessorTime;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync().ConfigureAwait(false);
        }

        folder.Dispose();
    }

    private ChildProcess Running => process is { HasExited: false } running ? running : throw new InvalidOperationException("Redis is not running.");

    private ChildProcess Launch()
    {
        if (process is { HasExited: false })
        {
            throw new InvalidOperationException("Redis is running already.");
        }

        File.WriteAllText(Configuration, string.Join('\n', Lines()));
        File.SetUnixFileMode(Configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        process = ChildProcess.Start(Executable.Find("redis-server"), [Configuration], workingDirectory: folder.Path);
        return process;
    }

    /// <summary>The password is in a file: the arguments of a process can be read by everyone.</summary>
    private IEnumerable<string> Lines()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        yield return "bind 127.0.0.1";
        yield return $"requirepass {Password}";
        yield return $"masterauth {Password}";
        yield return "appendonly yes";
        yield return "appendfsync always";
        yield return "save \"\"";
        yield return $"dir {folder.Path}";
        if (Certificate is { } certificate)
        {
            var (shown, key) = (Path.Combine(folder.Path, "certificate.pem"), Path.Combine(folder.Path, "key.pem"));
            File.WriteAllText(shown, certificate.CertificatePem);
            File.WriteAllText(key, certificate.PrivateKeyPem);
            yield return "port 0";
            yield return $"tls-port {port}";
            yield return $"tls-cert-file {shown}";
            yield return $"tls-key-file {key}";
            yield return $"tls-ca-cert-file {shown}";
            yield return "tls-auth-clients no";
        }
        else
        {
            yield return $"port {port}";
        }

        yield return settings;
        yield return "";
    }
}
