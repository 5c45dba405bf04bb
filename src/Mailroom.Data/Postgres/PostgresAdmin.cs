using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;

namespace Mailroom.Data.Postgres;

internal sealed class PostgresAdmin(PostgresReads reads, Migrator migrator) : IStoreAdmin
{
    public async ValueTask<bool> IsHealthyAsync(CancellationToken cancel)
    {
        try
        {
            await reads.RowsAsync("checking health", PostgresReads.Command("SELECT 1::bigint"), row => row.Number(0), cancel);
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
