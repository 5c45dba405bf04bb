using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;

namespace Mailroom.Data.Sqlite;

internal sealed class SqliteAdmin(SqliteReads reads, Migrator migrator) : IStoreAdmin
{
    public async ValueTask<bool> IsHealthyAsync(CancellationToken cancel)
    {
        try
        {
            // Reads the file, unlike a mere SELECT 1.
            await reads.RowsAsync("checking health", "SELECT count(*) FROM sqlite_schema", _ => { }, row => row.Number(0), cancel);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    public ValueTask<IReadOnlyList<MigrationStatus>> MigrationsAsync(CancellationToken cancel) => migrator.StatusAsync(cancel);

    public ValueTask<IReadOnlyList<int>> MigrateUpAsync(CancellationToken cancel) => migrator.UpAsync(cancel);

    public ValueTask<int?> MigrateDownAsync(CancellationToken cancel) => migrator.DownAsync(cancel);
}
