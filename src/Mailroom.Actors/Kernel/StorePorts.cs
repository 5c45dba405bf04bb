namespace Mailroom.Actors.Kernel;

/// <summary>The database as the kernel writes to it.</summary>
public interface ICommitStore
{
    /// <summary>
    /// Writes all changes in one transaction and sets each one's <see cref="Change.Outcome"/>. A change whose version, epoch
    /// or uniqueness does not hold is left out and the others are committed.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be durable; the same batch is tried again.</exception>
    /// <exception cref="Exception">Nothing was written because some change cannot be: the caller halves the batch to find it.</exception>
    ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel);
}

/// <summary>The rows of one kind of entity.</summary>
public interface IEntityRows<TState>
    where TState : class
{
    /// <summary>
    /// Reads the rows of <paramref name="ids"/> in one round trip. <paramref name="found"/> is called once for each row that
    /// exists, in any order; a row that cannot be read is reported with its exception instead of failing its neighbours.
    /// </summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<TState>> found, CancellationToken cancel);

    /// <summary>Up to <paramref name="limit"/> rows of <paramref name="shards"/> that are due at <paramref name="now"/>, after <paramref name="after"/>, by due time and id.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel);
}

/// <summary>One row as read: its state and version, or why it could not be read.</summary>
public readonly record struct Loaded<TState>(string Id, TState? State, long Version, Exception? Unreadable)
    where TState : class;

/// <summary>An entity that wants to be woken at <paramref name="At"/>.</summary>
public sealed record DueRow(Instant At, string Id)
{
    /// <summary>See <see cref="IDueGroups"/>; null: none.</summary>
    public string? Group { get; init; }
}

/// <summary>The store cannot be reached or did not answer in time. Nothing is lost by trying again.</summary>
public sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
