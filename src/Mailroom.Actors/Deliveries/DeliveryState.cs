using System.Collections.Immutable;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>What a delivery knows of itself. The payload is kept beside it and is not part of it.</summary>
public sealed record DeliveryState
{
    public static readonly DeliveryState Absent = new();

    public DeliveryId Id { get; init; }

    public OrgId Org { get; init; }

    public string Source { get; init; } = "";

    /// <summary>It goes before the org's other mail.</summary>
    public bool Urgent { get; init; }

    /// <summary>The delivery that this one repeats, or null.</summary>
    public DeliveryId? Parent { get; init; }

    /// <summary>The W3C <c>traceparent</c> of what asked for it, or null: each attempt's trace links to it.</summary>
    public string? TraceParent { get; init; }

    public DeliveryStatus Status { get; init; }

    public int RecipientCount { get; init; }

    public Instant CreatedAt { get; init; }

    /// <summary>When the next attempt is due; while sending, when the claim runs out; null when nothing is to happen by itself.</summary>
    public Instant? DueAt { get; init; }

    public Instant? ExpiresAt { get; init; }

    public UncertainPolicy OnUncertain { get; init; }

    /// <summary>See <see cref="AcceptDelivery.AcceptToken"/>.</summary>
    public long AcceptToken { get; init; }

    /// <summary>Attempts that used up a step of the ladder.</summary>
    public int AttemptsMade { get; init; }

    /// <summary>The number of the newest attempt, from 1, counted or not; 0 before the first.</summary>
    public int LastAttemptNo { get; init; }

    /// <summary>How the newest attempt ended; null while it runs and before the first.</summary>
    public AttemptStatus? LastAttempt { get; init; }

    /// <summary>The newest attempt's claim, kept after the attempt ended so that a late result is recognised.</summary>
    public Claim? Claim { get; init; }

    public Instant ClaimedAt { get; init; }

    /// <summary>A provider's word that came while an attempt ran.</summary>
    public DeliveryStatus? Reported { get; init; }

    /// <summary>Rendered content is stored beside the payload.</summary>
    public bool HasRendered { get; init; }

    /// <summary>Each recipient's own status by position; empty while all share the delivery's.</summary>
    public ImmutableArray<RecipientStatus> Recipients { get; init; } = [];

    /// <summary>Some recipient was put off by an attempt that the others were part of.</summary>
    public bool HasPutOff => Recipients.Contains(RecipientStatus.Pending);

    /// <summary>A recipient that the next attempt addresses.</summary>
    public static bool IsOpen(RecipientStatus status) => status is RecipientStatus.Pending or RecipientStatus.Uncertain;

    /// <summary>The positions still to be tried, or null for all.</summary>
    public IReadOnlyList<int>? PendingRecipients()
    {
        if (Recipients.IsEmpty)
        {
            return null;
        }

        var pending = new List<int>();
        for (var position = 0; position < Recipients.Length; position++)
        {
            if (IsOpen(Recipients[position]))
            {
                pending.Add(position);
            }
        }

        return pending;
    }

    /// <summary>
    /// <paramref name="told"/>, and what follows from it: a word on one recipient of an attempt whose end nobody knew, or on all, shows that the server took the
    /// mail for everybody in it.
    /// </summary>
    public IReadOnlyList<RecipientOutcome> WithThoseTaken(IReadOnlyList<RecipientOutcome> told)
    {
        if (!Recipients.Contains(RecipientStatus.Uncertain) || (told.Count > 0 && !told.Any(outcome => IsUncertain(outcome.Position))))
        {
            return told;
        }

        var untold = Enumerable.Range(0, Recipients.Length).Where(position => IsUncertain(position) && told.All(outcome => outcome.Position != position));
        return [.. told, .. untold.Select(position => new RecipientOutcome(position, RecipientStatus.Sent, null))];
    }

    /// <summary>The recipients after <paramref name="outcomes"/>; positions outside the envelope are ignored, a provider's worse word is kept.</summary>
    public ImmutableArray<RecipientStatus> Merge(IReadOnlyList<RecipientOutcome> outcomes)
    {
        if (outcomes.Count == 0)
        {
            return Recipients;
        }

        var all = Recipients.IsEmpty ? new RecipientStatus[RecipientCount] : [.. Recipients];
        foreach (var outcome in outcomes)
        {
            if ((uint)outcome.Position < (uint)all.Length && Rank(outcome.Status) >= Rank(all[outcome.Position]))
            {
                all[outcome.Position] = outcome.Status;
            }
        }

        return ImmutableArray.Create(all);
    }

    private bool IsUncertain(int position) => (uint)position < (uint)Recipients.Length && Recipients[position] == RecipientStatus.Uncertain;

    private static int Rank(RecipientStatus status) => status switch
    {
        RecipientStatus.Pending => 0,
        RecipientStatus.Uncertain => 0,
        RecipientStatus.Sent => 1,
        RecipientStatus.Failed => 1,
        RecipientStatus.Suppressed => 1,
        RecipientStatus.Delivered => 2,
        RecipientStatus.Bounced => 3,
        RecipientStatus.Complained => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a recipient status."),
    };
}
