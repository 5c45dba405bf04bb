namespace Mailroom.Data.Postgres;

/// <summary>How PostgreSQL 14 or newer is reached.</summary>
/// <param name="ConnectionString">Npgsql's. Without a search path in it the schema is <c>mail</c>.</param>
/// <param name="OperationTimeout">How long one read may take, from 10 ms; a commit gets five times as much.</param>
/// <param name="MaxOpen">Connections at most, from 4: one belongs to the writer, one to the intake from streams, one to the lease, the others are for reads.</param>
/// <param name="MaxIdle">Idle connections that are kept, at most <paramref name="MaxOpen"/>.</param>
/// <param name="MaxLifetime">A connection older than this is closed when it is next idle; zero: never.</param>
public sealed record PostgresOptions(string ConnectionString, TimeSpan OperationTimeout, int MaxOpen, int MaxIdle, TimeSpan MaxLifetime)
{
    private static readonly TimeSpan LeastMigrationSilence = TimeSpan.FromSeconds(1);

    /// <summary>Npgsql's connection strings of servers that replicate this one. Listings that may be a moment behind are read there first.</summary>
    public IReadOnlyList<string> Replicas { get; init; } = [];

    /// <summary>A commit is tried again when it fails, so giving it up early costs more than waiting a little longer.</summary>
    internal TimeSpan CommitTimeout => OperationTimeout * 5;

    /// <summary>
    /// How long the server waits for a node's next word within a transaction. Below <see cref="CommitTimeout"/>, so that what others wait for
    /// while that node is frozen is theirs before they give up themselves.
    /// </summary>
    internal TimeSpan SilenceTimeout => CommitTimeout / 2;

    /// <summary>As <see cref="SilenceTimeout"/>, of a node that migrates: a machine that is only busy must not make its start fail.</summary>
    internal TimeSpan MigrationSilenceTimeout => SilenceTimeout > LeastMigrationSilence ? SilenceTimeout : LeastMigrationSilence;

    /// <summary>The longest that a node waits for another one that migrates, and that a migration's statement may take.</summary>
    internal TimeSpan MigrationTimeout => TimeSpan.FromMinutes(10);

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal PostgresOptions Validated()
    {
        if (OperationTimeout < TimeSpan.FromMilliseconds(10) || OperationTimeout > TimeSpan.FromMinutes(10))
        {
            throw new ArgumentException($"{nameof(OperationTimeout)} is {OperationTimeout}: set it between 10 ms and 10 min.");
        }

        if (MaxOpen < 4)
        {
            throw new ArgumentException($"{nameof(MaxOpen)} is {MaxOpen}: set it to 4 or more, three connections are for writing.");
        }

        return MaxIdle < 0 || MaxIdle > MaxOpen ? throw new ArgumentException($"{nameof(MaxIdle)} is {MaxIdle}: set it between 0 and {MaxOpen}.")
            : MaxLifetime < TimeSpan.Zero ? throw new ArgumentException($"{nameof(MaxLifetime)} is {MaxLifetime}: set it to zero or more.")
            : this;
    }
}
