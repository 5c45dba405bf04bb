using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;
using Microsoft.Data.Sqlite;

namespace Mailroom.Data.Sqlite;

/// <summary>Mailroom's store in a SQLite file, for one node.</summary>
public sealed class SqliteStore : IMailroomStore
{
    private readonly FileClaim _claim;
    private readonly SqliteWriter _writer;
    private readonly SqliteReads _reads;
    private int _disposed;

    private SqliteStore(SqliteOptions options, FileClaim claim, SqliteDatabase database, TimeProvider clock)
    {
        var catalog = MigrationCatalog.Embedded("sqlite");
        _claim = claim;
        _writer = new(database, options.CommitTimeout);
        _reads = new(options);
        Commits = new SqliteCommitStore(_writer);
        Deliveries = new SqliteDeliveryStore(_reads);
        Ownership = new SqliteOwnership(_writer, clock);
        ApiKeys = new SqliteApiKeys(_reads, _writer);
        Orgs = new SqliteOrgs(_reads);
        Operators = new SqliteOperatorReads(_reads);
        Retention = new SqliteRetention(_writer);
        Streams = new SqliteStreams(_reads, _writer);
        Admin = new SqliteAdmin(_reads, new Migrator(catalog, new SqliteLedger(_writer, catalog.Ledger), clock));
    }

    public ICommitStore Commits { get; }

    public IDeliveryStore Deliveries { get; }

    public IOwnership Ownership { get; }

    public IApiKeys ApiKeys { get; }

    public IOrgStore Orgs { get; }

    public IOperatorReads Operators { get; }

    public IRetention Retention { get; }

    public IStreamStore Streams { get; }

    public IStoreAdmin Admin { get; }

    /// <summary>Makes the file where missing, and keeps it to this process until disposed of.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="StoreInUseException">Another process has the file.</exception>
    /// <exception cref="StoreUnavailableException">The file cannot be opened or is not a database.</exception>
    public static SqliteStore Open(SqliteOptions options, TimeProvider clock)
    {
        var valid = options.Validated();
        FileClaim? claim = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(valid.Path)!);
            claim = FileClaim.Take(valid.Path);
            return new(valid, claim, SqliteDatabase.Write(valid.Path), clock);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            claim?.Dispose();
            throw new StoreUnavailableException($"The database {valid.Path} cannot be opened: {failure.Message}", failure);
        }
    }

    /// <summary>Finishes what is under way, moves the log into the file and gives the file back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Task.Run(_reads.Dispose);
        await Task.Run(_writer.Dispose);
        _claim.Dispose();
    }
}
