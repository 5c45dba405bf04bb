using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>One mail to one envelope: the decisions. What they lead to is in <c>Delivery.Apply.cs</c>.</summary>
public sealed partial class Delivery : IEntity<DeliveryState, DeliveryMessage, DeliveryEvent>
{
    public static readonly EntityKind<DeliveryMessage> Kind = new("delivery");

    /// <summary>Bytes of payload; times the dispatcher's line it bounds the memory that waiting mail takes.</summary>
    private const int LargestInHand = 8 * 1024;

    public static DeliveryState Absent => DeliveryState.Absent;

    public static Instant? DueAt(DeliveryState state) => state.DueAt;

    public static DeliveryMessage Due(Instant at) => new DueReached(at);

    public static bool Creates(DeliveryMessage message) => message is AcceptDelivery;

    /// <summary>A fresh delivery stays until it is claimed; one that waits for a later time, or for nothing, leaves.</summary>
    public static bool IsResting(DeliveryState state) => state.Status switch
    {
        DeliveryStatus.Sending => false,
        DeliveryStatus.Queued or DeliveryStatus.Rendered => state.LastAttemptNo > 0,
        _ => true,
    };

    public static Decision<DeliveryEvent> Decide(DeliveryState state, DeliveryMessage message, Instant now) => message switch
    {
        AcceptDelivery accept => Accept(state, accept, now),
        _ when state.Status == DeliveryStatus.Absent => OfNothing(message),
        ClaimAttempt attempt => ClaimNow(state, attempt.Claim, attempt.Request, now),
        AttemptFinished finished => Finish(state, finished, now),
        ClaimLapsed lapsed => Lapse(state, lapsed, now),
        DueReached => Wake(state, now),
        CancelDelivery cancel => Cancel(state, cancel, now),
        RescheduleDelivery move => Reschedule(state, move, now),
        SettleUncertain settle => Settle(state, settle, now),
        ProviderReported word => Record(state, word, now),
        _ => throw new ArgumentOutOfRangeException(nameof(message), message.GetType().Name, "A delivery does not know this message."),
    };

    private static Decision<DeliveryEvent> Accept(DeliveryState state, AcceptDelivery accept, Instant now)
    {
        if (state.Status != DeliveryStatus.Absent)
        {
            return AcceptAgain(state, accept);
        }

        if (accept.ExpiresAt <= now)
        {
            return Refuse("after_expiry", "expires_at has already passed.");
        }

        if (accept.SuppressedBecause is { } reason)
        {
            return Decision<DeliveryEvent>.Persist(new DeliveryAccepted(now, accept, DeliveryStatus.Queued))
                .And(new DeliverySuppressed(now, reason))
                .Reply(new Accepted(accept.Id, DeliveryStatus.Suppressed, Attempting: false))
                .Then(new Announce(accept.Id, accept.Org, accept.Source, DeliveryStatus.Suppressed, 0, null, reason, null));
        }

        if (accept.ScheduledAt > now)
        {
            return Decision<DeliveryEvent>.Persist(new DeliveryAccepted(now, accept, DeliveryStatus.Scheduled))
                .Reply(new Accepted(accept.Id, DeliveryStatus.Scheduled, Attempting: false));
        }

        var accepted = Decision<DeliveryEvent>.Persist(new DeliveryAccepted(now, accept, DeliveryStatus.Queued));
        return accept.Claim is { } claim
            ? accepted.And(new AttemptStarted(now, 1, claim))
                .Reply(new Accepted(accept.Id, DeliveryStatus.Sending, Attempting: true))
                .Then(new StartAttempt(accept.Id, accept.Org, 1, claim, accept.Request, null, HasRendered: false, now)
                {
                    Urgent = accept.Urgent, TraceParent = accept.TraceParent,
                })
            : accepted
                .Reply(new Accepted(accept.Id, DeliveryStatus.Queued, Attempting: false))
                .Then(new AwaitSlot(accept.Id, accept.Org, now, InHand(accept)) { Urgent = accept.Urgent });
    }

    /// <summary>The row exists: either this very command's commit had an unknown outcome, or somebody else took the id.</summary>
    private static Decision<DeliveryEvent> AcceptAgain(DeliveryState state, AcceptDelivery accept)
    {
        if (state.AcceptToken != accept.AcceptToken || state.Org != accept.Org)
        {
            return Refuse("id_taken", "A delivery with this id exists.");
        }

        var attempting = state.Status == DeliveryStatus.Sending && state.Claim?.Token == accept.Claim?.Token;
        var again = Decision<DeliveryEvent>.Say(new Accepted(state.Id, state.Status, attempting));
        return attempting ? again.Then(Attempt(state, state.Claim!, state.LastAttemptNo, accept.Request))
            : state.Status.IsWaiting() ? again.Then(Await(state, state.DueAt!.Value, InHand(accept)))
            : again;
    }

    private static Decision<DeliveryEvent> ClaimNow(DeliveryState state, Claim claim, DeliveryRequest? request, Instant now)
    {
        if (state.Status == DeliveryStatus.Sending && state.Claim?.Token == claim.Token)
        {
            return Decision<DeliveryEvent>.Say(new Claimed()).Then(Attempt(state, claim, state.LastAttemptNo, request));
        }

        if (!state.Status.IsWaiting() || state.DueAt > now)
        {
            return Decision<DeliveryEvent>.Say(new NotClaimed(state.Status));
        }

        if (state.ExpiresAt <= now)
        {
            return Decision<DeliveryEvent>.Persist(new DeliveryExpired(now)).Reply(new NotClaimed(DeliveryStatus.Expired))
                .Then(Ending(state, DeliveryStatus.Expired, "expired"));
        }

        var number = state.LastAttemptNo + 1;
        return Decision<DeliveryEvent>.Persist(new AttemptStarted(now, number, claim))
            .Reply(new Claimed())
            .Then(Attempt(state, claim, number, request));
    }

    private static Decision<DeliveryEvent> Wake(DeliveryState state, Instant now)
    {
        if (state.DueAt is not { } due || due > now)
        {
            return Decision<DeliveryEvent>.Nothing;
        }

        if (state.Status == DeliveryStatus.Sending)
        {
            return Decision<DeliveryEvent>.Nothing.Then(new CheckClaim(state.Id, state.Claim!.Token));
        }

        if (state.ExpiresAt <= now)
        {
            return Decision<DeliveryEvent>.Persist(new DeliveryExpired(now)).Then(Ending(state, DeliveryStatus.Expired, "expired"));
        }

        return state.Status == DeliveryStatus.Scheduled
            ? Decision<DeliveryEvent>.Persist(new DeliveryQueued(now)).Then(Await(state, now))
            : Decision<DeliveryEvent>.Nothing.Then(Await(state, due));
    }

    private static Decision<DeliveryEvent> Cancel(DeliveryState state, CancelDelivery cancel, Instant now) => state.Status switch
    {
        DeliveryStatus.Canceled => Decision<DeliveryEvent>.Say(Done.Instance),
        DeliveryStatus.Scheduled or DeliveryStatus.Queued or DeliveryStatus.Rendered or DeliveryStatus.Uncertain =>
            Decision<DeliveryEvent>.Persist(new DeliveryCanceled(now, cancel.By)).Reply(Done.Instance),
        DeliveryStatus.Sending => Refuse("in_flight", "The mail is being sent right now and cannot be called back."),
        _ => Refuse("already_final", $"The mail is {state.Status.Name()} and cannot be canceled."),
    };

    private static Decision<DeliveryEvent> Reschedule(DeliveryState state, RescheduleDelivery move, Instant now) =>
        state.Status != DeliveryStatus.Scheduled ? Refuse("not_scheduled", $"Only a scheduled mail can be moved; this one is {state.Status.Name()}.")
        : state.ExpiresAt <= move.At ? Refuse("after_expiry", "scheduled_at lies after the mail's expires_at.")
        : state.DueAt == move.At ? Decision<DeliveryEvent>.Say(Done.Instance)
        : Decision<DeliveryEvent>.Persist(new DeliveryRescheduled(now, move.At)).Reply(Done.Instance);

    private static Decision<DeliveryEvent> Settle(DeliveryState state, SettleUncertain settle, Instant now) =>
        IsSettled(state, settle.Verdict) ? Decision<DeliveryEvent>.Say(Done.Instance)
        : state.Status != DeliveryStatus.Uncertain
            ? Refuse("not_uncertain", $"Only a held mail can be settled; this one is {state.Status.Name()}.")
            : settle.Verdict switch
            {
                UncertainVerdict.WasSent => Word(state, new(now, DeliveryStatus.Sent, state.WithThoseTaken([]), "settled by " + settle.By)),
                UncertainVerdict.SendAgain => Decision<DeliveryEvent>
                    .Persist(new RetryScheduled(now, now, "settled by " + settle.By)).Reply(Done.Instance).Then(Await(state, now)),
                UncertainVerdict.GiveUp => Decision<DeliveryEvent>
                    .Persist(new DeliveryFailed(now, "settled by " + settle.By)).Reply(Done.Instance),
                _ => throw new ArgumentOutOfRangeException(nameof(settle), settle.Verdict, "Not a verdict."),
            };

    /// <summary>The verdict holds already, most likely because this command's commit had an unknown outcome.</summary>
    private static bool IsSettled(DeliveryState state, UncertainVerdict verdict) => state.LastAttempt == AttemptStatus.Uncertain && verdict switch
    {
        UncertainVerdict.WasSent => state.Status.Severity() > 0
            || (state.Status.IsWaiting() && state.Recipients.Contains(RecipientStatus.Sent) && !state.Recipients.Contains(RecipientStatus.Uncertain)),
        UncertainVerdict.SendAgain => state.Status.IsWaiting(),
        UncertainVerdict.GiveUp => state.Status == DeliveryStatus.Failed,
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "Not a verdict."),
    };

    private static Decision<DeliveryEvent> Record(DeliveryState state, ProviderReported word, Instant now)
    {
        var known = state.Status == DeliveryStatus.Sending ? state.Reported ?? DeliveryStatus.Absent : state.Status;
        var possible = state.LastAttemptNo > 0
            && (state.Status == DeliveryStatus.Sending || state.Status.IsWaiting() || state.Status == DeliveryStatus.Uncertain || state.Status.Severity() > 0);
        var told = state.WithThoseTaken(word.Recipients);
        var worse = word.Status.Severity() > known.Severity() && SpeaksForAll(state, told);
        var news = worse || !state.Merge(told).SequenceEqual(state.Recipients);
        return possible && news ? Word(state, new(now, word.Status, told, word.Detail)) : Decision<DeliveryEvent>.Say(Done.Instance);
    }

    /// <summary>Records what became of an attempt. Where that was what the mail was held for, those that it put off are tried.</summary>
    private static Decision<DeliveryEvent> Word(DeliveryState state, ProviderWordRecorded word)
    {
        var so = Decision<DeliveryEvent>.Persist(word).Reply(Done.Instance);
        var after = Apply(state, word);
        var isKnown = state.Recipients.Contains(RecipientStatus.Uncertain) && !after.Recipients.Contains(RecipientStatus.Uncertain);
        return isKnown && after.Status == DeliveryStatus.Uncertain && after.HasPutOff
            ? so.And(new RetryScheduled(word.OccurredAt, word.OccurredAt, "the others were sent")).Then(Await(after, word.OccurredAt))
            : so;
    }

    /// <summary>Facts about an id that is not stored (any more) need no answer; commands do.</summary>
    private static Decision<DeliveryEvent> OfNothing(DeliveryMessage message) => message switch
    {
        ClaimAttempt => Decision<DeliveryEvent>.Say(new NotClaimed(DeliveryStatus.Absent)),
        CancelDelivery or RescheduleDelivery or SettleUncertain => Refuse("not_found", "There is no such delivery."),
        _ => Decision<DeliveryEvent>.Nothing,
    };

    /// <summary>A small request is kept while it waits for a slot; a large one is read again.</summary>
    private static DeliveryRequest? InHand(AcceptDelivery accept) => accept.Payload.Length <= LargestInHand ? accept.Request : null;

    private static StartAttempt Attempt(DeliveryState state, Claim claim, int number, DeliveryRequest? request) =>
        new(state.Id, state.Org, number, claim, request, state.PendingRecipients(), state.HasRendered, state.CreatedAt)
        {
            Urgent = state.Urgent, TraceParent = state.TraceParent,
        };

    private static AwaitSlot Await(DeliveryState state, Instant due, DeliveryRequest? request = null) =>
        new(state.Id, state.Org, due, request) { Urgent = state.Urgent };

    /// <summary>The end of a delivery outside an attempt.</summary>
    private static Announce Ending(DeliveryState state, DeliveryStatus status, string reason) =>
        new(state.Id, state.Org, state.Source, status, state.LastAttemptNo, state.LastAttempt, reason, null);

    private static Decision<DeliveryEvent> Refuse(string code, string message) => Decision<DeliveryEvent>.Say(new Refused(code, message));
}
