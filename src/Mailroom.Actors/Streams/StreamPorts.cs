using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>A stream of commands as the consumer reads it (Redis in production).</summary>
public interface ICommandStream
{
    /// <summary>The stream's key.</summary>
    string Name { get; }

    /// <summary>Entries after <paramref name="after"/> in their order, at most <paramref name="limit"/> and fewer where they are large; waits up to <paramref name="block"/> for the first and then gives none.</summary>
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

/// <summary>The database as the stream's intake writes to it.</summary>
public interface IStreamStore
{
    /// <summary>Null: nothing was ever read from this stream.</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel);

    /// <summary>
    /// Writes everything of the batch and its offset in one transaction, as if its items came one after the other: one whose key
    /// is taken by the same content is left out, one whose key or id is taken by other content is recorded as malformed
    /// (<see cref="CommandFailure.IdempotencyConflict"/>, <see cref="CommandFailure.InvalidCommand"/>).
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be durable: read the position again before going on.</exception>
    /// <exception cref="Exception">Nothing was written because some item cannot be: the caller halves the batch to find it.</exception>
    ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel);
}

/// <summary>Makes a mail of an entry, or says what is wrong with it. Pure: it reads no clock and does not throw for anything an entry may hold.</summary>
public interface ICommandParser
{
    ParsedCommand Parse(StreamEntry entry);
}

/// <summary>What operators should hear of the intake from a stream. Implementations must not throw and must not block.</summary>
public interface IStreamEvents
{
    /// <summary>A batch is durable, up to <paramref name="offset"/>.</summary>
    void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed);

    /// <summary>An entry is recorded as malformed (C16, C47). Id and source are as the entry gave them, bounded and printable.</summary>
    void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source);

    /// <summary>Entries after <paramref name="offset"/> are gone that were never read. <paramref name="lost"/>: how many, or null where nobody knows.</summary>
    void GapFound(string stream, StreamEntryId offset, long? lost);

    /// <summary>The stream has begun anew or lost its newest entries: it is read from its beginning again. <paramref name="last"/>: its newest id, or null where there is no stream.</summary>
    void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last);

    /// <summary>The stream's server (<c>stream</c>) or the database (<c>store</c>) fails; said once for each spell.</summary>
    void Unavailable(string stream, string part, Exception why);

    void Recovered(string stream, string part);

    /// <summary>Somebody else reads this stream now: this consumer has ended.</summary>
    void Lost(string stream);

    /// <summary>Something failed inside Mailroom over an entry; it goes on.</summary>
    void Faulted(string stream, StreamEntryId entry, Exception why);
}
