using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>What an attempt's end leads to.</summary>
public sealed partial class Delivery
{
    /// <summary>The longest wait that a throttle reply can ask for.</summary>
    private static readonly TimeSpan LongestThrottle = TimeSpan.FromHours(1);

    private static Decision<DeliveryEvent> Finish(DeliveryState state, AttemptFinished finished, Instant now)
    {
        if (state.Claim?.Token != finished.Token)
        {
            return Decision<DeliveryEvent>.Say(Done.Instance);
        }

        if (state.Status != DeliveryStatus.Sending)
        {
            return FinishLate(state, finished.Report, now);
        }

        return End(state, finished.Report, finished.Ladder, now, Decision<DeliveryEvent>.Nothing.Reply(Done.Instance));
    }

    /// <summary>The attempt had been given up for lost and was accepted after all: no need to send again.</summary>
    private static Decision<DeliveryEvent> FinishLate(DeliveryState state, AttemptReport report, Instant now)
    {
        var givenUp = state.LastAttempt is AttemptStatus.Uncertain or AttemptStatus.TimedOut
            && (state.Status.IsWaiting() || state.Status == DeliveryStatus.Uncertain);
        return givenUp && report is { Status: AttemptStatus.ProviderAccepted, Recipients.Count: 0 }
            ? Decision<DeliveryEvent>.Persist(new ProviderWordRecorded(now, DeliveryStatus.Sent, ForPending(state, report).Recipients, "late result of attempt " + state.LastAttemptNo))
                .Reply(Done.Instance)
            : Decision<DeliveryEvent>.Say(Done.Instance);
    }

    private static Decision<DeliveryEvent> Lapse(DeliveryState state, ClaimLapsed lapsed, Instant now)
    {
        if (state.Status != DeliveryStatus.Sending || state.Claim?.Token != lapsed.Token)
        {
            return Decision<DeliveryEvent>.Nothing;
        }

        var report = lapsed.OwnerLost
            ? new AttemptReport { Status = AttemptStatus.Uncertain, Reason = LostAttempt.ProcessLost, Summary = "The process was lost during the attempt." }
            : new AttemptReport { Status = AttemptStatus.TimedOut, Reason = LostAttempt.ClaimExpired, Summary = "The attempt's claim ran out without a result." };
        return End(state, report, lapsed.Ladder, now, Decision<DeliveryEvent>.Nothing);
    }

    private static Decision<DeliveryEvent> End(DeliveryState state, AttemptReport report, RetryLadder ladder, Instant now, Decision<DeliveryEvent> so)
    {
        var ended = ForPending(state, report);
        so = Conclude(state, ended, ladder, now, so);
        var last = so.Events[so.Events.Count - 1];
        return last is DeliverySent ? so : so.Then(News(Apply(so, state), ended, last));
    }

    private static DeliveryState Apply(Decision<DeliveryEvent> so, DeliveryState state)
    {
        foreach (var happened in so.Events)
        {
            state = Apply(state, happened);
        }

        return state;
    }

    private static Announce News(DeliveryState state, AttemptReport ended, DeliveryEvent last)
    {
        var (reason, next) = last switch
        {
            RetryScheduled retry => (retry.Reason, (Instant?)retry.DueAt),
            DeliverySuppressed suppressed => (suppressed.Reason, null),
            DeliveryFailed failed => (failed.Reason, null),
            DeliveryDeadLettered dead => (dead.Reason, null),
            DeliveryParked parked => (parked.Reason, null),
            DeliveryExpired => ("expired", null),
            _ => throw new InvalidOperationException($"An attempt does not end in {last.Name}."),
        };
        return new(state.Id, state.Org, state.Source, state.Status, state.LastAttemptNo, ended.Status, reason, next);
    }

    private static Decision<DeliveryEvent> Conclude(DeliveryState state, AttemptReport ended, RetryLadder ladder, Instant now, Decision<DeliveryEvent> so)
    {
        var counted = ended.Status != AttemptStatus.Interrupted && ended.ThrottledFor is null;
        so = so.And(new AttemptEnded(now, state.LastAttemptNo, state.ClaimedAt, ended, counted));

        // A provider that has reported on the mail has had the mail, whatever this attempt believes.
        if (state.Reported is not null && ended.Status != AttemptStatus.ProviderAccepted)
        {
            return so.And(new DeliverySent(now));
        }

        var reason = ended.Reason ?? ended.Status.Name();
        var made = state.AttemptsMade + (counted ? 1 : 0);
        var recipients = state.Merge(ended.Recipients);
        var next = ended.ThrottledFor is { } wait ? now + Between(TimeSpan.FromSeconds(1), wait, LongestThrottle) : ladder.Next(state.Id, made, now);
        switch (ended.Status)
        {
            case AttemptStatus.ProviderAccepted:
                return recipients.Any(DeliveryState.IsOpen) ? Retry(state, so, reason, next, now) : so.And(new DeliverySent(now));
            case AttemptStatus.ProviderRejected when recipients.Any(DeliveryState.IsOpen):
                return Retry(state, so, reason, next, now);
            case AttemptStatus.ProviderRejected when recipients.Any(WasTaken):
                return so.And(new DeliverySent(now));
            case AttemptStatus.ProviderRejected:
                return ended.Suppressed ? so.And(new DeliverySuppressed(now, reason)) : so.And(new DeliveryFailed(now, reason));
            case AttemptStatus.RenderFailed:
                return so.And(new DeliveryFailed(now, reason));
            case AttemptStatus.Interrupted:
                return Retry(state, so, reason, now, now);
            case AttemptStatus.TransportFailed or AttemptStatus.TimedOut:
                return Retry(state, so, reason, next, now);
            case AttemptStatus.Uncertain:
                return Unknown(state, so, reason, next, now);
            default:
                throw new ArgumentOutOfRangeException(nameof(ended), ended.Status, "An attempt cannot end like this.");
        }
    }

    /// <summary>A report for the whole envelope speaks only of the recipients that this attempt addressed.</summary>
    private static AttemptReport ForPending(DeliveryState state, AttemptReport report)
    {
        if (report.Recipients.Count > 0 || state.PendingRecipients() is not { } pending)
        {
            return report;
        }

        RecipientStatus? all = report.Status switch
        {
            AttemptStatus.ProviderAccepted => RecipientStatus.Sent,
            AttemptStatus.ProviderRejected => report.Suppressed ? RecipientStatus.Suppressed : RecipientStatus.Failed,
            AttemptStatus.RenderFailed => RecipientStatus.Failed,
            AttemptStatus.Uncertain => RecipientStatus.Uncertain,
            _ => null,
        };
        return all is { } status
            ? report with { Recipients = [.. pending.Select(position => new RecipientOutcome(position, status, report.Summary))] }
            : report;
    }

    private static Decision<DeliveryEvent> Unknown(DeliveryState state, Decision<DeliveryEvent> so, string reason, Instant? next, Instant now) => state.OnUncertain switch
    {
        // The process died, not the provider: there is nothing to wait for (G8).
        UncertainPolicy.Retry => Retry(state, so, reason, next is not null && reason == LostAttempt.ProcessLost ? now : next, now),
        UncertainPolicy.Hold => so.And(new DeliveryParked(now, reason)),
        UncertainPolicy.Fail => so.And(new DeliveryFailed(now, reason)),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state.OnUncertain, "Not a policy."),
    };

    private static Decision<DeliveryEvent> Retry(DeliveryState state, Decision<DeliveryEvent> so, string reason, Instant? next, Instant now)
    {
        if (next is not { } due)
        {
            return so.And(new DeliveryDeadLettered(now, reason));
        }

        if (state.ExpiresAt <= due)
        {
            return so.And(new DeliveryExpired(now));
        }

        var again = so.And(new RetryScheduled(now, due, reason));
        return due <= now ? again.Then(Await(state, due)) : again;
    }

    private static bool WasTaken(RecipientStatus recipient) =>
        recipient is RecipientStatus.Sent or RecipientStatus.Delivered or RecipientStatus.Bounced or RecipientStatus.Complained;

    private static TimeSpan Between(TimeSpan least, TimeSpan wait, TimeSpan most) => wait < least ? least : wait > most ? most : wait;
}
