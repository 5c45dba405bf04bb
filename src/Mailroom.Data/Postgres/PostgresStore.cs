using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;
using Mailroom.Data.Migrations;

namespace Mailroom.Data.Postgres;

/// <summary>Mailroom's store in PostgreSQL 14 or newer.</summary>
public sealed class PostgresStore : IMailroomStore
{
    private readonly PostgresConnections _connections;
    private readonly PostgresCommitStore _commits;
    private readonly PostgresStreams _streams;
    private readonly PostgresOwnership _ownership;
    private int _disposed;

    private PostgresStore(PostgresOptions options, TimeProvider clock)
    {
        var catalog = MigrationCatalog.Embedded("postgres");
        _connections = new(options);
        _commits = new(_connections, clock);
        var reads = new PostgresReads(_connections);
        _streams = new(_connections, reads, clock);
        var listings = new PostgresReads(_connections, mayLag: true);
        Deliveries = new PostgresDeliveryStore(reads, listings);
        _ownership = new(_connections, clock);
        ApiKeys = new PostgresApiKeys(reads);
        Orgs = new PostgresOrgs(reads);
        Operators = new PostgresOperatorReads(reads, listings);
        Retention = new PostgresRetention(reads);
        Admin = new PostgresAdmin(reads, new Migrator(catalog, new PostgresLedger(_connections, catalog.Ledger), clock));
    }

    public ICommitStore Commits => _commits;

    public IDeliveryStore Deliveries { get; }

    public IOwnership Ownership => _ownership;

    public IApiKeys ApiKeys { get; }

    public IOrgStore Orgs { get; }

    public IOperatorReads Operators { get; }

    public IRetention Retention { get; }

    public IStreamStore Streams => _streams;

    public IStoreAdmin Admin { get; }

    /// <summary>Connects at its first use, so a server that is down does not fail this.</summary>
    /// <exception cref="ArgumentException">An option is out of range or the connection string cannot be read.</exception>
    public static PostgresStore Open(PostgresOptions options, TimeProvider clock) => new(options.Validated(), clock);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _streams.DisposeAsync();
        await _ownership.DisposeAsync();
        await _commits.DisposeAsync();
        await _connections.DisposeAsync();
    }
}
