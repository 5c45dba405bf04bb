namespace Mailroom.Actors.Kernel;

/// <summary>The kernel's bounds and rhythms.</summary>
public sealed record KernelOptions
{
    /// <summary>How many shards ids are spread over. Fixed for the life of a store.</summary>
    public int Shards { get; init; } = 64;

    /// <summary>Messages that may wait for one shard; a full mailbox refuses.</summary>
    public int MailboxCapacity { get; init; } = 8192;

    /// <summary>Messages that may wait for one entity while its write or read is in flight.</summary>
    public int StashCapacity { get; init; } = 64;

    /// <summary>Entities of one kind in the memory of one shard. Idle ones make room, oldest first; when all are busy, new ones are refused.</summary>
    public int EntitiesPerShard { get; init; } = 1024;

    /// <summary>Messages that a shard handles before it lets others run.</summary>
    public int TurnsPerWake { get; init; } = 256;

    /// <summary>Changes in one transaction at most.</summary>
    public int CommitBatch { get; init; } = 1000;

    /// <summary>Ids in one read at most.</summary>
    public int LoadBatch { get; init; } = 500;

    /// <summary>How often a refused change is decided again on fresh state.</summary>
    public int Redecisions { get; init; } = 5;

    /// <summary>How long an awaited ask waits for its answer.</summary>
    public TimeSpan AskDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often due rows are looked for (D16).</summary>
    public TimeSpan ScanInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the scan begins again with the oldest due row, in case something told was lost.</summary>
    public TimeSpan RepairInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Due rows in one page of the scan at most.</summary>
    public int ScanPage { get; init; } = 1000;

    /// <summary>The first wait after the store failed; doubled up to <see cref="LongestStoreWait"/>.</summary>
    public TimeSpan FirstStoreWait { get; init; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan LongestStoreWait { get; init; } = TimeSpan.FromSeconds(1);
}
