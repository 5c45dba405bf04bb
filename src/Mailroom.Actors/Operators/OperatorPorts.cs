using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Operators;

/// <summary>A dead letter and the delivery it belongs to.</summary>
public sealed record DeadLetterRow(
    DeliveryId Delivery, OrgId Org, string Source, int FinalAttemptNo, string FailureClassification, string? ProviderSummary, Instant CreatedAt, string RecoveryHint);

/// <summary>Which dead letters; absent members do not narrow.</summary>
public sealed record DeadLetterFilter
{
    public OrgId? Org { get; init; }

    public string? Source { get; init; }

    public string? FailureClassification { get; init; }

    /// <summary>Dead since this time.</summary>
    public Instant? Since { get; init; }

    /// <summary>Dead before this time.</summary>
    public Instant? Until { get; init; }

    /// <summary>Only those that no later delivery repeats.</summary>
    public bool NotRepeated { get; init; }
}

/// <summary>Which malformed commands; absent members do not narrow.</summary>
public sealed record MalformedFilter
{
    public string? Stream { get; init; }

    public string? FailureCode { get; init; }

    public string? Source { get; init; }

    public Instant? Since { get; init; }
}

/// <summary>A malformed command with the number it is stored under, which grows with time.</summary>
public sealed record StoredMalformed(long Number, MalformedCommand Command);

/// <summary>What waits for its attempt, due now or later.</summary>
/// <param name="Depth">Deliveries with a due or future attempt: scheduled, queued or rendered (C13). Exact up to 250,000; beyond that an estimate, which is never lower than that.</param>
/// <param name="OldestDue">The oldest time at which a waiting delivery is or was due; null: nothing waits (C14).</param>
/// <param name="ByLane">By org and lane, those with the oldest due time first, bounded.</param>
public sealed record ScheduleFacts(long Depth, Instant? OldestDue, IReadOnlyList<LaneFacts> ByLane);

/// <summary>What waits of one org in one lane.</summary>
/// <param name="Org">The org.</param>
/// <param name="Urgent">The lane that goes first.</param>
/// <param name="Depth">How many, among the 10,000 deliveries of all orgs that have been due longest.</param>
/// <param name="OldestDue">The oldest time at which one of them is or was due.</param>
public sealed record LaneFacts(OrgId Org, bool Urgent, long Depth, Instant OldestDue);

/// <summary>Reads for operators and for the metrics. Every listing is bounded by its limit and stays fast with a million rows.</summary>
public interface IOperatorReads
{
    /// <summary>Newest first by time and delivery id, after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(DeadLetterFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel);

    /// <summary>How many there are, counted up to <paramref name="most"/>.</summary>
    ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, long most, CancellationToken cancel);

    /// <summary>Newest first by number, before <paramref name="before"/>.</summary>
    ValueTask<IReadOnlyList<StoredMalformed>> MalformedAsync(MalformedFilter filter, long? before, int limit, CancellationToken cancel);

    /// <summary>What waits at <paramref name="now"/>, with at most <paramref name="lanes"/> lanes.</summary>
    ValueTask<ScheduleFacts> ScheduleAsync(Instant now, int lanes, CancellationToken cancel);

    /// <summary>The deliveries that repeat <paramref name="parent"/>, oldest first.</summary>
    ValueTask<IReadOnlyList<DeliveryId>> RepeatsAsync(DeliveryId parent, int limit, CancellationToken cancel);
}

/// <summary>What is old enough is deleted, in small batches, so that nothing else waits (D20, D21).</summary>
public interface IRetention
{
    /// <summary>Ended deliveries whose last change is before <paramref name="before"/>, with all that hangs on them; returns how many.</summary>
    ValueTask<int> DeleteDeliveriesAsync(Instant before, int limit, CancellationToken cancel);

    /// <summary>Malformed commands recorded before <paramref name="before"/>; returns how many.</summary>
    ValueTask<int> DeleteMalformedAsync(Instant before, int limit, CancellationToken cancel);

    /// <summary>Idempotency keys that ran out before <paramref name="before"/>; returns how many.</summary>
    ValueTask<int> DeleteKeysAsync(Instant before, int limit, CancellationToken cancel);
}
