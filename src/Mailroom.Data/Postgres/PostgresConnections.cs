using System.Globalization;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Where connections come from: a pool for reads, single ones for the writer and for migrations.</summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    private const string DefaultSchema = "mail";
    private const string DefaultName = "mailroom";

    /// <summary>Connections beyond those kept are closed when nobody needed them for so long.</summary>
    private const int IdleSeconds = 5;

    private readonly NpgsqlDataSource _reads;
    private readonly NpgsqlDataSource _writes;
    private readonly NpgsqlDataSource _plain;

    public PostgresConnections(PostgresOptions options)
    {
        var given = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        Options = options;
        SearchPath = string.IsNullOrWhiteSpace(given.SearchPath) ? DefaultSchema : given.SearchPath;

        _reads = Reads(given, options);
        Replicas = new([.. options.Replicas.Select(replica => Reads(new(replica), options))]);

        // Its statements are few, big and the same all day: prepared at once, and planned once, for batches of any size. A plan that
        // scans a table which was empty when it was made would stay until the next analyze, hence no sequential scans. Where one cannot
        // be avoided its plan looks dear enough to be compiled, at each execution, hence no compiler. A node that is frozen or cut off between
        // BEGIN and COMMIT still holds the lock that whoever moves shards waits for: the server ends its transaction.
        var writes = Common(given, options.CommitTimeout);
        writes.Pooling = false;
        writes.MaxAutoPrepare = 50;
        writes.AutoPrepareMinUsages = 1;
        _writes = Source(writes, $"SET statement_timeout = {Milliseconds(options.CommitTimeout)}; SET idle_in_transaction_session_timeout = {Milliseconds(options.SilenceTimeout)}; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off");

        var plain = Common(given, options.MigrationTimeout);
        plain.Pooling = false;
        _plain = Source(plain, $"SET lock_timeout = {Milliseconds(options.MigrationTimeout)}; SET idle_in_transaction_session_timeout = {Milliseconds(options.MigrationSilenceTimeout)}");
    }

    public PostgresOptions Options { get; }

    /// <summary>The schemas that names are looked up in, the first being Mailroom's own.</summary>
    public string SearchPath { get; }

    /// <summary>Where reads may go that can be a moment behind.</summary>
    public PostgresReplicas Replicas { get; }

    public ValueTask<NpgsqlConnection> ReadAsync(CancellationToken cancel) => _reads.OpenConnectionAsync(cancel);

    /// <summary>Not pooled: closed with its owner.</summary>
    public ValueTask<NpgsqlConnection> WriteAsync(CancellationToken cancel) => _writes.OpenConnectionAsync(cancel);

    /// <summary>Not pooled, with a timeout long enough for migrations.</summary>
    public ValueTask<NpgsqlConnection> PlainAsync(CancellationToken cancel) => _plain.OpenConnectionAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await _reads.DisposeAsync();
        await Replicas.DisposeAsync();
        await _writes.DisposeAsync();
        await _plain.DisposeAsync();
    }

    private NpgsqlDataSource Reads(NpgsqlConnectionStringBuilder given, PostgresOptions options)
    {
        var reads = Common(given, options.OperationTimeout);
        reads.MaxPoolSize = Math.Max(1, options.MaxOpen - 3);
        reads.MinPoolSize = Math.Min(options.MaxIdle, reads.MaxPoolSize);
        reads.ConnectionIdleLifetime = IdleSeconds;
        reads.ConnectionPruningInterval = 1;
        reads.ConnectionLifetime = (int)options.MaxLifetime.TotalSeconds;
        reads.MaxAutoPrepare = 50;
        reads.AutoPrepareMinUsages = 2;
        return Source(reads, $"SET statement_timeout = {Milliseconds(options.OperationTimeout)}; SET jit = off");
    }

    private NpgsqlConnectionStringBuilder Common(NpgsqlConnectionStringBuilder given, TimeSpan timeout)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(timeout.TotalSeconds));
        return new(given.ConnectionString)
        {
            SearchPath = SearchPath,
            ApplicationName = string.IsNullOrEmpty(given.ApplicationName) ? DefaultName : given.ApplicationName,
            CommandTimeout = seconds,
            Timeout = Math.Min(seconds, 60),
            CancellationTimeout = 500,
            NoResetOnClose = true,
            Enlist = false,
            IncludeErrorDetail = false,
            LogParameters = false,
        };
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings, string atOpening)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(atOpening, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(atOpening, connection);
                await command.ExecuteNonQueryAsync();
            });
        return builder.Build();
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
