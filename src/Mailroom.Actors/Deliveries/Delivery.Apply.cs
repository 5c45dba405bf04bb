namespace Mailroom.Actors.Deliveries;

/// <summary>What an event makes of the state. Reads no clock, refuses what its status does not allow.</summary>
public sealed partial class Delivery
{
    public static DeliveryState Apply(DeliveryState state, DeliveryEvent happened) => happened switch
    {
        DeliveryAccepted accepted => Move(state, accepted.Status) with
        {
            Id = accepted.Command.Id,
            Org = accepted.Command.Org,
            Source = accepted.Command.Source,
            Urgent = accepted.Command.Urgent,
            Parent = accepted.Command.Parent,
            TraceParent = accepted.Command.TraceParent,
            RecipientCount = accepted.Command.Request.RecipientCount,
            CreatedAt = accepted.OccurredAt,
            DueAt = accepted.Status == DeliveryStatus.Scheduled ? accepted.Command.ScheduledAt : accepted.OccurredAt,
            ExpiresAt = accepted.Command.ExpiresAt,
            OnUncertain = accepted.Command.OnUncertain,
            AcceptToken = accepted.Command.AcceptToken,
        },
        DeliveryQueued queued => Move(state, DeliveryStatus.Queued) with { DueAt = queued.OccurredAt },
        AttemptStarted started => Move(state, DeliveryStatus.Sending) with
        {
            Claim = started.Claim,
            ClaimedAt = started.OccurredAt,
            DueAt = started.Claim.Deadline,
            LastAttemptNo = started.AttemptNo,
            LastAttempt = null,
        },
        AttemptEnded ended => state with
        {
            LastAttempt = ended.Report.Status,
            AttemptsMade = state.AttemptsMade + (ended.Counted ? 1 : 0),
            HasRendered = state.HasRendered || ended.Report.Rendered is not null,
            Recipients = state.Merge(ended.Report.Recipients),
        },
        RetryScheduled retry => Move(state, state.HasRendered ? DeliveryStatus.Rendered : DeliveryStatus.Queued) with { DueAt = retry.DueAt, Reported = null },
        DeliveryRescheduled moved => Move(state, DeliveryStatus.Scheduled) with { DueAt = moved.DueAt },
        DeliverySent => Ended(state, state.Reported ?? DeliveryStatus.Sent),
        DeliverySuppressed => Ended(state, DeliveryStatus.Suppressed),
        DeliveryFailed => Ended(state, DeliveryStatus.Failed),
        DeliveryDeadLettered => Ended(state, DeliveryStatus.DeadLetter),
        DeliveryExpired => Ended(state, DeliveryStatus.Expired),
        DeliveryCanceled => Ended(state, DeliveryStatus.Canceled),
        DeliveryParked => Ended(state, DeliveryStatus.Uncertain),
        ProviderWordRecorded word => Told(state, word),
        _ => throw new InvalidOperationException($"A delivery does not know the event {happened.Name}."),
    };

    private static DeliveryState Told(DeliveryState state, ProviderWordRecorded word)
    {
        var told = state with { Recipients = state.Merge(word.Recipients) };
        if (!SpeaksForAll(state, word.Recipients))
        {
            return told;
        }

        if (state.Status == DeliveryStatus.Sending)
        {
            return word.Status.Severity() > (state.Reported?.Severity() ?? 0) ? told with { Reported = word.Status } : told;
        }

        return word.Status.Severity() > state.Status.Severity() ? Ended(told, word.Status) : told;
    }

    /// <summary>
    /// False where some recipients were put off and the word is not about the attempt that they are or were last part of: it
    /// must not end the delivery for them.
    /// </summary>
    private static bool SpeaksForAll(DeliveryState state, IReadOnlyList<RecipientOutcome> told)
    {
        if (state.Status.Severity() > 0 || state.Reported is not null || !state.Recipients.Any(DeliveryState.IsOpen))
        {
            return true;
        }

        return state.LastAttempt is AttemptStatus.ProviderAccepted or AttemptStatus.ProviderRejected
            ? !state.Merge(told).Any(DeliveryState.IsOpen)
            : !(state.HasPutOff && state.Recipients.Contains(RecipientStatus.Uncertain))
                && (told.Count == 0 || told.Any(outcome => state.PendingRecipients()!.Contains(outcome.Position)));
    }

    private static DeliveryState Ended(DeliveryState state, DeliveryStatus status) => Move(state, status) with { DueAt = null };

    private static DeliveryState Move(DeliveryState state, DeliveryStatus to) => state.Status.MayBecome(to)
        ? state with { Status = to }
        : throw new InvalidOperationException($"A delivery cannot go from {state.Status.Name()} to {to.Name()}.");
}
