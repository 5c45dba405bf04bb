global using DeliveryChange = Mailroom.Actors.Kernel.Change<Mailroom.Actors.Deliveries.DeliveryState, Mailroom.Actors.Deliveries.DeliveryEvent>;

using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Changes;

/// <summary>What a delivery's change means for the tables, whichever database they are in.</summary>
internal static class DeliveryChanges
{
    /// <summary>The acceptance that a new delivery begins with.</summary>
    /// <exception cref="UnstorableException">The change does not begin with one, or what it leads to is more than an acceptance can be.</exception>
    public static DeliveryAccepted Acceptance(DeliveryChange change)
    {
        var after = change.After;
        var plain = after is { AttemptsMade: 0, LastAttempt: null, Reported: null, HasRendered: false, Recipients.IsEmpty: true }
            && (after.Claim is null ? after.LastAttemptNo == 0 : after.LastAttemptNo == 1 && after.ClaimedAt == after.CreatedAt);
        return plain && change.Events.Count > 0 && change.Events[0] is DeliveryAccepted accepted
            ? accepted
            : throw new UnstorableException("A delivery is stored first as it was accepted, with its first attempt's claim at most.");
    }

    /// <summary>The end of an attempt within the change, or null.</summary>
    /// <exception cref="UnstorableException">The change ends an attempt and does more to attempts than that.</exception>
    public static AttemptEnded? End(DeliveryChange change)
    {
        AttemptEnded? end = null;
        var attempts = 0;
        foreach (var happened in change.Events)
        {
            attempts += happened is AttemptEnded or AttemptStarted ? 1 : 0;
            end = happened as AttemptEnded ?? end;
        }

        return end is null || attempts == 1
            ? end
            : throw new UnstorableException("A change ends one attempt at most and does not begin another with it.");
    }

    /// <summary>The position of the change's last event that has a row of its own, or -1. Attempts tell of themselves elsewhere.</summary>
    public static int LastOwnEvent(DeliveryChange change)
    {
        var position = change.Events.Count - 1;
        while (position >= 0 && !HasRow(change.Events[position]))
        {
            position--;
        }

        return position;
    }

    public static bool HasRow(DeliveryEvent happened) => happened is not (AttemptStarted or AttemptEnded);

    /// <summary>When the change happened.</summary>
    /// <exception cref="UnstorableException">The change has no events.</exception>
    public static Instant At(DeliveryChange change) => change.Events.Count > 0
        ? change.Events[change.Events.Count - 1].OccurredAt
        : throw new UnstorableException("A change without events has nothing to store.");

    /// <summary>The time that a change moves a scheduled delivery to, or null.</summary>
    public static Instant? MovedTo(DeliveryChange change)
    {
        Instant? to = null;
        foreach (var happened in change.Events)
        {
            to = happened is DeliveryRescheduled moved ? moved.DueAt : to;
        }

        return to;
    }

    /// <summary>The status after the event at <paramref name="position"/>.</summary>
    public static DeliveryStatus StatusAfter(DeliveryChange change, int position)
    {
        var state = change.Before;
        for (var index = 0; index <= position; index++)
        {
            state = Delivery.Apply(state, change.Events[index]);
        }

        return state.Status;
    }

    /// <summary>What an event says beside its name.</summary>
    public static string? Detail(DeliveryEvent happened) => StoredText.Clean(happened switch
    {
        RetryScheduled retry => $"{retry.Reason}; due {retry.DueAt}",
        DeliveryRescheduled moved => $"to {moved.DueAt}",
        DeliverySuppressed suppressed => suppressed.Reason,
        DeliveryFailed failed => failed.Reason,
        DeliveryDeadLettered dead => dead.Reason,
        DeliveryParked parked => parked.Reason,
        DeliveryCanceled canceled => canceled.By,
        ProviderWordRecorded word => word.Detail,
        DeliveryAccepted or DeliveryQueued or DeliverySent or DeliveryExpired or AttemptStarted or AttemptEnded => null,
        _ => throw new UnstorableException($"The store does not know the event {happened.Name}."),
    });
}
