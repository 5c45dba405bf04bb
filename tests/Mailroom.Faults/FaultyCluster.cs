using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Faults;

/// <summary>The nodes, their PostgreSQL and Redis, and the next hop that keeps the books: all of it this run's own, so that all of it may be killed.</summary>
internal sealed class FaultyCluster : IAsyncDisposable
{
    /// <summary>The next hop answers at these times only, so that attempts are under way whenever something is killed.</summary>
    private static readonly TimeSpan BetweenAnswers = TimeSpan.FromMilliseconds(50);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mailroom-faults-");
    private readonly Timer _answers;

    private FaultyCluster(PostgresServer postgres, TestRedis redis, LedgerSink sink)
    {
        (Postgres, Redis, Sink) = (postgres, redis, sink);
        _answers = new(_ => Sink.ReleaseStalled(), null, BetweenAnswers, BetweenAnswers);
    }

    public PostgresServer Postgres { get; }

    public TestRedis Redis { get; }

    public LedgerSink Sink { get; }

    /// <summary>The begin of each provider call, by its sender.</summary>
    public CallTimes Calls { get; private init; } = null!;

    public IReadOnlyList<FaultyNode> Nodes { get; private set; } = [];

    /// <summary>The key of the org that exists from the start.</summary>
    public string Key { get; private set; } = "";

    public static async Task<FaultyCluster> StartAsync(FaultOptions options)
    {
        var calls = new CallTimes();
        var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note, Dot = _ => DotFault.Stall });
        var redis = await TestRedis.Create().ConfigureAwait(false);
        var postgres = await PostgresServer.Create().ConfigureAwait(false);
        var cluster = new FaultyCluster(postgres, redis, sink) { Calls = calls };
        try
        {
            var environment = cluster.Environment(options);
            cluster.Nodes = [.. Enumerable.Range(1, options.Nodes).Select(number => new FaultyNode($"n{number}", options.Program, environment))];
            foreach (var node in cluster.Nodes)
            {
                await node.StartAsync(CancellationToken.None).ConfigureAwait(false);
            }

            cluster.Key = (await File.ReadAllTextAsync(Path.Combine(cluster._folder.FullName, "dev-key")).ConfigureAwait(false)).Trim();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes an org and gives its key.</summary>
    public async Task<string> MakeOrgAsync(string id, int rps)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var asked = new Dictionary<string, object> { ["id"] = id, ["name"] = id, ["rps"] = rps };
        await PostAsync(http, "orgs", asked).ConfigureAwait(false);
        return (await PostAsync(http, $"orgs/{id}/keys", new { name = "faults" }).ConfigureAwait(false)).GetProperty("key").GetString()!;
    }

    /// <summary>The rows of a query, each column as text.</summary>
    /// <exception cref="NpgsqlException">The database is not there.</exception>
    public async Task<IReadOnlyList<string[]>> RowsAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { SearchPath = "mail", Pooling = false, Timeout = 5 }.ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        var rows = new List<string[]>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture) ?? "")]);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }

        await _answers.DisposeAsync().ConfigureAwait(false);
        await Postgres.DisposeAsync().ConfigureAwait(false);
        await Redis.DisposeAsync().ConfigureAwait(false);
        await Sink.DisposeAsync().ConfigureAwait(false);
        _folder.Delete(recursive: true);
    }

    private async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(new Uri(Nodes[0].Internal, "/api/v1/internal/" + path), body).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{path}: {response.StatusCode} {text}");
        }

        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private Dictionary<string, string?> Environment(FaultOptions options) => new()
    {
        ["MAILROOM_PROFILE"] = "dev",
        ["MAILROOM_DATA_DIR"] = _folder.FullName,
        ["MAILROOM_STORE"] = "postgres",
        ["MAIL_POSTGRES_PRIMARY_DSN"] = Postgres.ConnectionString,
        ["MAIL_REDIS_MASTER_ADDR"] = $"127.0.0.1:{Redis.Port}",
        ["MAIL_REDIS_PASSWORD"] = Redis.Password,
        ["MAIL_SMTP_MODE"] = "smtp",
        ["MAIL_SMTP_ADDR"] = $"127.0.0.1:{Sink.Port}",
        ["MAIL_SMTP_FROM_EMAIL"] = "noreply@example.com",
        ["MAILROOM_SMTP_SECURITY"] = "none",
        ["MAIL_TEMPLATE_DIR"] = Path.Combine(Checkout(), "templates"),
        ["MAILROOM_PUBLIC_HTTP_ADDR"] = "127.0.0.1:0",
        ["MAIL_INTERNAL_HTTP_ADDR"] = "127.0.0.1:0",
        ["MAILROOM_HTTP_DRAIN"] = "1s",
        ["MAILROOM_CLUSTER_ADDR"] = "127.0.0.1:0",
        ["MAILROOM_CLUSTER_SECRET"] = Guid.NewGuid().ToString("N"),
        ["MAILROOM_CLUSTER_LEASE"] = string.Create(CultureInfo.InvariantCulture, $"{options.Lease.TotalMilliseconds:F0}ms"),
        ["MAIL_ATTEMPT_WORKER_CONCURRENCY"] = options.Slots.ToString(CultureInfo.InvariantCulture),
    };

    private static string Checkout()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Mailroom.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("This runs from inside a checkout.");
    }
}
