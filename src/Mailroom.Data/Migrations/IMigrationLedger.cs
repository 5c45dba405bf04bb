using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Migrations;

/// <summary>A migration as the store remembers it.</summary>
internal sealed record AppliedMigration(int Version, string Name, Instant AppliedAt, byte[] Checksum);

/// <summary>A database as the migrator sees it.</summary>
internal interface IMigrationLedger
{
    /// <summary>What is applied, oldest first; empty where there is no ledger yet.</summary>
    ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync(CancellationToken cancel);

    /// <summary>Runs one step in a transaction that no other migrator's step overlaps. The ledger exists by then.</summary>
    ValueTask<T> InTurnAsync<T>(Func<IMigrationTurn, ValueTask<T>> step, CancellationToken cancel);
}

/// <summary>One transaction under the migration lock.</summary>
internal interface IMigrationTurn
{
    ValueTask<IReadOnlyList<AppliedMigration>> AppliedAsync();

    ValueTask ExecuteAsync(string sql);

    ValueTask RecordAsync(Migration migration, Instant at, TimeSpan took);

    ValueTask ForgetAsync(int version);
}
