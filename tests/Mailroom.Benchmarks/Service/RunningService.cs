using System.Net;
using System.Text.RegularExpressions;
using Mailroom.Testing;

namespace Mailroom.Benchmarks.Service;

/// <summary>A real Mailroom process with a fresh store, which sends to a given port.</summary>
internal sealed partial class RunningService : IAsyncDisposable
{
    private readonly ServiceProcess _process;
    private readonly TestPostgres? _postgres;
    private readonly string _folder;

    private RunningService(ServiceProcess process, TestPostgres? postgres, string folder, IPEndPoint endpoint, string key)
    {
        _process = process;
        _postgres = postgres;
        _folder = folder;
        Endpoint = endpoint;
        Key = key;
    }

    public IPEndPoint Endpoint { get; }

    public string Key { get; }

    public int Pid => _process.Id;

    /// <summary>The connection string of its database, where it is PostgreSQL.</summary>
    public string? Database => _postgres?.ConnectionString;

    /// <summary>Its internal listener, where its log level is info.</summary>
    public Uri Internal => new(Internals().Match(_process.Log.Tail(200)).Groups[1].Value);

    public static async Task<RunningService> StartAsync(string store, int sinkPort, int workers, IEnumerable<(string Name, string Value)> more)
    {
        var folder = Directory.CreateTempSubdirectory("mailroom-bench-").FullName;
        var postgres = store == "postgres" ? await TestPostgres.Create() : null;
        var environment = new Dictionary<string, string?>
        {
            ["MAILROOM_PROFILE"] = "dev",
            ["MAILROOM_DATA_DIR"] = folder,
            ["MAILROOM_STORE"] = store,
            ["MAIL_POSTGRES_PRIMARY_DSN"] = postgres?.ConnectionString,
            ["MAIL_SMTP_MODE"] = "smtp",
            ["MAIL_SMTP_ADDR"] = $"127.0.0.1:{sinkPort}",
            ["MAILROOM_SMTP_SECURITY"] = "none",
            ["MAILROOM_SMTP_POOL_MAX_MESSAGES"] = "100000",
            ["MAIL_SMTP_FROM_EMAIL"] = "bench@example.com",
            ["MAIL_TEMPLATE_DIR"] = Path.Combine(Checkout(), "templates"),
            ["MAILROOM_PUBLIC_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_INTERNAL_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_ATTEMPT_WORKER_CONCURRENCY"] = $"{workers}",
            ["MAIL_LOG_LEVEL"] = "warn",
        };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        var process = await ServiceProcess.Start(ServiceCommand.Mailroom(environment), Readiness.Line(line => line.Contains("try it", StringComparison.Ordinal)));
        var address = Address().Match(process.Log.Tail(200));
        return new(process, postgres, folder, IPEndPoint.Parse(address.Groups[1].Value), File.ReadAllText(Path.Combine(folder, "dev-key")).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        await _process.Terminate();
        await _process.DisposeAsync();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The folder of Mailroom.sln.</summary>
    public static string Checkout()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Mailroom.sln")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("The benchmark runs from inside the checkout.");
    }

    [GeneratedRegex(@"curl -s http://([0-9.:]+)/")]
    private static partial Regex Address();

    [GeneratedRegex(@"internal HTTP listener: starting on (\S+)")]
    private static partial Regex Internals();
}
