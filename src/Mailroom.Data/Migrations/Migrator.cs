using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Migrations;

/// <summary>
/// Brings a store's schema up and down. Every migration is a transaction of its own that looks at the ledger again under the
/// lock, so that two nodes that start together apply each one once.
/// </summary>
internal sealed class Migrator(MigrationCatalog catalog, IMigrationLedger ledger, TimeProvider clock)
{
    public async ValueTask<IReadOnlyList<MigrationStatus>> StatusAsync(CancellationToken cancel)
    {
        var applied = await ledger.AppliedAsync(cancel);
        var known = catalog.Migrations.Select(migration => new MigrationStatus(
            migration.Version, migration.Name, applied.FirstOrDefault(a => a.Version == migration.Version)?.AppliedAt, true, migration.DestructiveDown));
        var unknown = applied.Where(a => a.Version > catalog.Migrations.Count)
            .Select(a => new MigrationStatus(a.Version, a.Name, a.AppliedAt, false, false));
        return [.. known, .. unknown];
    }

    public async ValueTask<IReadOnlyList<int>> UpAsync(CancellationToken cancel)
    {
        var versions = new List<int>();
        while (await ledger.InTurnAsync(ApplyNextAsync, cancel) is { } version)
        {
            versions.Add(version);
        }

        return versions;
    }

    public ValueTask<int?> DownAsync(CancellationToken cancel) => ledger.InTurnAsync(RevertNewestAsync, cancel);

    private async ValueTask<int?> ApplyNextAsync(IMigrationTurn turn)
    {
        var applied = await turn.AppliedAsync();
        Check(applied);
        if (applied.Count == catalog.Migrations.Count)
        {
            return null;
        }

        var next = catalog.Migrations[applied.Count];
        var started = clock.GetTimestamp();
        await turn.ExecuteAsync(next.Up);
        await turn.RecordAsync(next, clock.Now(), clock.GetElapsedTime(started));
        return next.Version;
    }

    private async ValueTask<int?> RevertNewestAsync(IMigrationTurn turn)
    {
        var applied = await turn.AppliedAsync();
        Check(applied);
        if (applied.Count == 0)
        {
            return null;
        }

        var newest = catalog.Migrations[applied.Count - 1];
        await turn.ExecuteAsync(newest.Down);
        await turn.ForgetAsync(newest.Version);
        return newest.Version;
    }

    private void Check(IReadOnlyList<AppliedMigration> applied)
    {
        for (var index = 0; index < applied.Count; index++)
        {
            var (version, name, _, checksum) = applied[index];
            if (index >= catalog.Migrations.Count)
            {
                throw SchemaException.TooNew(version, name);
            }

            var known = catalog.Migrations[index];
            if (known.Version != version || !known.Checksum.AsSpan().SequenceEqual(checksum))
            {
                throw SchemaException.Changed(version, name);
            }
        }
    }
}
