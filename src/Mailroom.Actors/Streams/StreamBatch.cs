using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>Where intake from a stream stands, by the database's word.</summary>
/// <param name="Offset">The newest entry that is accepted or recorded as malformed.</param>
/// <param name="Entries">How many entries the stream had been given up to the offset, those that were lost included.</param>
/// <param name="Gaps">How often entries were found to be gone before they were read.</param>
/// <param name="Resets">How often the stream was found to have begun anew.</param>
public sealed record StreamPosition(StreamEntryId Offset, long Entries, Instant UpdatedAt, long Gaps, long Resets);

/// <summary>An entry that was refused, as it is stored (C50).</summary>
/// <param name="Stream">The stream's key.</param>
/// <param name="EntryId">The entry.</param>
/// <param name="RecordedAt">When.</param>
/// <param name="FailureCode">See <see cref="CommandFailure"/>.</param>
/// <param name="FailureMessage">What is wrong, with the field's name.</param>
/// <param name="DeliveryId">As the entry gave it, bounded and printable; null: it gave none.</param>
/// <param name="Source">As the entry gave it, bounded and printable; null: it gave none.</param>
/// <param name="RawFields">The entry's fields as UTF-8 JSON, bounded; see <paramref name="RawTruncated"/>.</param>
/// <param name="RawTruncated">The entry was larger than what is kept of it.</param>
public sealed record MalformedCommand(
    string Stream, StreamEntryId EntryId, Instant RecordedAt, string FailureCode, string FailureMessage, string? DeliveryId, string? Source,
    ReadOnlyMemory<byte> RawFields, bool RawTruncated);

/// <summary>One entry of a batch: a command to accept, or what is wrong with it; exactly one of the two.</summary>
/// <param name="Entry">As it was read; without fields where there is no entry behind the record (a gap, a reset).</param>
/// <param name="Accept">The change that brings the delivery into being. Its shard may be another node's: a new row needs no fence.</param>
/// <param name="Failure">Why there is nothing to accept.</param>
public sealed record StreamItem(StreamEntry Entry, Change<DeliveryState, DeliveryEvent>? Accept, CommandFailure? Failure)
{
    /// <summary>As the entry gave it, bounded and printable; null: it gave none.</summary>
    public string? DeliveryId { get; init; }

    /// <summary>As the entry gave it, bounded and printable; null: it gave none.</summary>
    public string? Source { get; init; }

    /// <summary>What is to be done once the delivery is durable; no matter of the store's.</summary>
    public OneOrMany<Effect> Effects { get; init; }

    /// <summary>The record of this entry's refusal.</summary>
    public MalformedCommand Refused(string stream, Instant at, CommandFailure why)
    {
        var (raw, truncated) = RawFields.Of(Entry);
        return new(stream, Entry.Id, at, why.Code, why.Message, DeliveryId, Source, raw, truncated);
    }
}

/// <summary>What becomes durable in one transaction: the items, and the offset that covers them.</summary>
/// <param name="Stream">The stream's key.</param>
/// <param name="Shard">The shard whose owner reads the stream.</param>
/// <param name="Epoch">The epoch under which this node owns the shard.</param>
/// <param name="Expected">The offset that is stored now; null: none.</param>
/// <param name="Next">The offset after the items.</param>
/// <param name="Entries">See <see cref="StreamPosition.Entries"/>, after the items.</param>
public sealed record StreamBatch(
    string Stream, int Shard, long Epoch, StreamEntryId? Expected, StreamEntryId Next, long Entries, Instant At, IReadOnlyList<StreamItem> Items)
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
public sealed record StreamBatchResult(bool Committed, IReadOnlyList<StreamItemOutcome> Outcomes, IReadOnlyList<string?> FailureCodes)
{
    public static readonly StreamBatchResult Refused = new(false, [], []);
}
