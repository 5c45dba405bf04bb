namespace Mailroom.Actors.Kernel;

/// <summary>Due rows that form groups, for example by whom they belong to, so that a group with a million of them hides nobody else's.</summary>
public interface IDueGroups
{
    /// <summary>
    /// The next groups by name after <paramref name="after"/>, at most <paramref name="groups"/>, and of each the first <paramref name="each"/>
    /// rows of <paramref name="shards"/> that are due at <paramref name="now"/>, by due time. The first page (null) also holds the due rows that belong to no group.
    /// </summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<DueGroupPage> DueByGroupAsync(IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel);

    /// <summary>The first <paramref name="limit"/> due rows of one group, by due time and id.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel);
}

/// <summary>Rows of several groups, those of one group together and by due time.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Next">The last group looked at; null: it was the last of all.</param>
public sealed record DueGroupPage(IReadOnlyList<DueRow> Rows, string? Next);

/// <summary>A gate with a bounded line for each group.</summary>
public interface IDueLines : IDueGate
{
    /// <summary>
    /// True: the row is to be told. False: it is told already or its line is full, and then its group is wished for when there is room.
    /// <paramref name="isLast"/>: there may be more rows of its group after it, to be wished for too.
    /// </summary>
    bool Admits(DueRow row, bool isLast);

    /// <summary>The groups that have rows in the store and room for them.</summary>
    IReadOnlyList<DueWish> TakeWishes();

    /// <summary>A wish was read and its rows are about to be told, those due up to <paramref name="upTo"/>; null: all that were left.</summary>
    void Granted(DueWish wish, Instant? upTo);
}

/// <summary>A line that has room.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Limit">Rows to read at most.</param>
/// <param name="Stamp">What the line knew when it wished.</param>
public sealed record DueWish(string Group, int Limit, long Stamp);
