using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>The mail that the tests of deliveries are about, in each status.</summary>
internal static class Mails
{
    public static readonly Instant T0 = Instant.From(ManualClock.Start);

    public static readonly DeliveryId Id = new("em_1");

    public static DeliveryRequest Request(int recipients = 2) => new()
    {
        From = new("shop@example.org", "The shop"),
        To = [.. Enumerable.Range(0, recipients).Select(i => new Mailbox($"r{i}@example.net"))],
        Subject = "Your order",
        Text = "It is on its way.",
    };

    public static AcceptDelivery Accept(DeliveryRequest? request = null, DeliveryId? id = null) => new()
    {
        Id = id ?? Id,
        Org = OrgId.Default,
        Source = "api",
        Request = request ?? Request(),
        Payload = PayloadCodec.Encode(request ?? Request()),
        AcceptToken = 77,
    };

    /// <summary>A claim of incarnation 1 that holds 45 s from <see cref="T0"/>.</summary>
    public static Claim Claim(long sequence = 1, long incarnation = 1) => new(new(incarnation, sequence), T0 + TimeSpan.FromSeconds(45));

    public static DeliveryState After(params IEnumerable<DeliveryEvent> history) =>
        EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Given(history);

    public static EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn When(DeliveryState state, DeliveryMessage message, Instant? now = null) =>
        EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.When(state, message, now ?? T0);

    /// <summary>Claimed at <see cref="T0"/> with <see cref="Claim"/>.</summary>
    public static DeliveryState Sending(AcceptDelivery? accept = null) =>
        When(accept is null ? In(DeliveryStatus.Queued) : When(DeliveryState.Absent, accept).After, new ClaimAttempt(Claim())).After;

    /// <summary>The state after the attempt of <paramref name="sending"/> ended so.</summary>
    public static DeliveryState Finished(DeliveryState sending, AttemptReport report, Instant? now = null) => When(sending, Finish(sending, report), now).After;

    public static AttemptFinished Finish(DeliveryState sending, AttemptReport report) => new(sending.Claim!.Token, report, RetryLadder.Default);

    public static DeliveryState In(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Absent => DeliveryState.Absent,
        DeliveryStatus.Scheduled => When(DeliveryState.Absent, Accept() with { ScheduledAt = T0 + TimeSpan.FromMinutes(5) }).After,
        DeliveryStatus.Queued => When(DeliveryState.Absent, Accept()).After,
        DeliveryStatus.Rendered => Finished(Sending(), Reports.Unreachable with { Rendered = new("Subject", "Text", null, "en", false) }),
        DeliveryStatus.Sending => Sending(),
        DeliveryStatus.Sent => Finished(Sending(), Reports.Accepted),
        DeliveryStatus.Delivered or DeliveryStatus.Bounced or DeliveryStatus.Complained => When(In(DeliveryStatus.Sent), new ProviderReported(status, [], null)).After,
        DeliveryStatus.Suppressed => Finished(Sending(), Reports.SuppressedThere),
        DeliveryStatus.Failed => Finished(Sending(), Reports.Rejected),
        DeliveryStatus.DeadLetter => When(Sending(), new AttemptFinished(Claim().Token, Reports.Unreachable, new RetryLadder([]))).After,
        DeliveryStatus.Canceled => When(In(DeliveryStatus.Queued), new CancelDelivery("operator")).After,
        DeliveryStatus.Expired => When(In(DeliveryStatus.Queued) with { ExpiresAt = T0 }, new DueReached(T0)).After,
        DeliveryStatus.Uncertain => Finished(Sending(Accept() with { OnUncertain = UncertainPolicy.Hold }), Reports.Uncertain),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a status."),
    };
}
