using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>A stream of commands as the consumer reads it (Redis in production).</summary>
public interface ICommandStream
{
    /// <summary>The stream's key.</summary>
    string Name { get; }

    /// <summary>Entries after <paramref name="after"/> in their order, at most <paramref name="limit"/>; waits up to <paramref name="block"/> for the first and then gives none.</summary>
    /// <exception cref="StreamUnavailableException">To be tried again.</exception>
    ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after, int limit, TimeSpan block, CancellationToken cancel);

    /// <summary>What the stream says of itself; null: there is no such stream.</summary>
    /// <exception cref="StreamUnavailableException">To be tried again.</exception>
    ValueTask<StreamFacts?> FactsAsync(CancellationToken cancel);

    /// <summary>Leaves a copy of the offset where operators can see it. Nothing rests on it.</summary>
    /// <exception cref="StreamUnavailableException">The copy is as old as it was.</exception>
    ValueTask SaveOffsetCopyAsync(StreamEntryId offset, CancellationToken cancel);
}

/// <summary>The stream's server cannot be reached, does not answer in time, or cannot answer now.</summary>
public sealed class StreamUnavailableException : Exception
{
    public StreamUnavailableException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>Where intake from a stream stands, by the database's word.</summary>
/// <param name="Offset">The newest entry that is accepted or recorded as malformed.</param>
/// <param name="Gaps">How often entries were found to be gone before they were read.</param>
/// <param name="Resets">How often the stream was found to have begun anew.</param>
public sealed record StreamPosition(StreamEntryId Offset, Instant UpdatedAt, long Gaps, long Resets);

/// <summary>An entry that was refused, as it is stored (C50).</summary>
/// <param name="Stream">The stream's key.</param>
/// <param name="EntryId">The entry.</param>
/// <param name="RecordedAt">When.</param>
/// <param name="FailureCode"><c>invalid_command</c>, <c>invalid_envelope</c>, <c>invalid_payload</c>, <c>unknown_template</c>, <c>idempotency_conflict</c>, <c>too_large</c>, or, with no entry behind it, <c>stream_gap</c> and <c>stream_reset</c>.</param>
/// <param name="FailureMessage">What is wrong, with the field's name.</param>
/// <param name="DeliveryId">As the entry gave it, bounded and printable; null: it gave none.</param>
/// <param name="Source">As the entry gave it, bounded and printable; null: it gave none.</param>
/// <param name="RawFields">The entry's fields as UTF-8 JSON, bounded; see <paramref name="RawTruncated"/>.</param>
/// <param name="RawTruncated">The entry was larger than what is kept of it.</param>
public sealed record MalformedCommand(
    string Stream, StreamEntryId EntryId, Instant RecordedAt, string FailureCode, string FailureMessage, string? DeliveryId, string? Source,
    ReadOnlyMemory<byte> RawFields, bool RawTruncated);

/// <summary>One entry of a batch: a command to accept, or what is wrong with it; exactly one of the two.</summary>
/// <param name="Malformed">For a command to accept: how it is recorded where its key or id turns out to be taken by another content.</param>
public sealed record StreamItem(StreamEntryId EntryId, AcceptDelivery? Accept, MalformedCommand Malformed);

/// <summary>What becomes durable in one transaction: the items, and the offset that covers them.</summary>
/// <param name="Stream">The stream's key.</param>
/// <param name="Shard">The shard whose owner reads the stream.</param>
/// <param name="Epoch">The epoch under which this node owns the shard.</param>
/// <param name="Expected">The offset that is stored now; null: none.</param>
/// <param name="Next">The offset after the items.</param>
/// <param name="Shards">How many shards deliveries are spread over.</param>
public sealed record StreamBatch(
    string Stream, int Shard, long Epoch, StreamEntryId? Expected, StreamEntryId Next, int Shards, Instant At, IReadOnlyList<StreamItem> Items)
{
    public int NewGaps { get; init; }

    public int NewResets { get; init; }
}

/// <summary>What became of one item.</summary>
public enum StreamItemOutcome
{
    /// <summary>A new delivery.</summary>
    Accepted,

    /// <summary>The same command had been accepted before: nothing new.</summary>
    Replayed,

    /// <summary>Recorded as malformed.</summary>
    Malformed,
}

/// <summary>What became of a batch.</summary>
/// <param name="Committed">False: the offset was not the expected one or the shard has another owner; nothing was written.</param>
/// <param name="Outcomes">One for each item where committed.</param>
/// <param name="FailureCodes">For each malformed item its code, else null.</param>
public sealed record StreamBatchResult(bool Committed, IReadOnlyList<StreamItemOutcome> Outcomes, IReadOnlyList<string?> FailureCodes);

/// <summary>The database as the stream's intake writes to it.</summary>
public interface IStreamStore
{
    /// <summary>Null: nothing was ever read from this stream.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel);

    /// <summary>
    /// Writes everything of the batch and its offset in one transaction: an item whose key is taken by the same content is
    /// left out, one whose key or id is taken by other content is recorded as malformed (<c>idempotency_conflict</c>, <c>invalid_command</c>).
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be durable: read the position again before going on.</exception>
    ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel);
}
