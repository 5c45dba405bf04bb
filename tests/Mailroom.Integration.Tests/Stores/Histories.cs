using Mailroom.Actors.Deliveries;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>Deliveries' lives, by name, that together reach every status and set every field.</summary>
public static class Histories
{
    public static readonly AttemptReport Accepted = new()
    {
        Status = AttemptStatus.ProviderAccepted, ReplyCode = 250, EnhancedCode = "2.0.0", Summary = "queued as 4711", RemoteHost = "mx.example.test",
        Provider = "smtp", ProviderMessageId = "4711", Conversation = "S: 220 hello\nC: EHLO us",
    };

    public static readonly AttemptReport Rejected = new()
    {
        Status = AttemptStatus.ProviderRejected, Reason = "smtp_rejected", ReplyCode = 550, EnhancedCode = "5.1.1", Summary = "no such user",
    };

    public static readonly AttemptReport Deferred = new() { Status = AttemptStatus.TransportFailed, ReplyCode = 451, Summary = "try later" };

    private static readonly RenderedContent Content = new("Subject", "Text", "<p>Html</p>", "de-DE", true);

    private static readonly Dictionary<string, Func<World, IEnumerable<Func<DeliveryChange?, DeliveryChange>>>> All = new()
    {
        ["queued"] = w => [_ => w.Accept("a")],
        ["every field of an acceptance"] = w =>
        [
            _ => w.Accept(w.Command("a") with
            {
                Org = new("org_other"), Source = "notification", Urgent = true, Parent = new("earlier"),
                TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ExpiresAt = w.Now + TimeSpan.FromDays(1), OnUncertain = UncertainPolicy.Hold, Claim = w.Claim(),
            }),
        ],
        ["scheduled, moved, due, canceled"] = w =>
        [
            _ => w.Accept(w.Command("a") with { ScheduledAt = w.Now + TimeSpan.FromHours(1) }),
            p => w.Next(p!, new RescheduleDelivery(w.Now + TimeSpan.FromHours(2))),
            p => Later(w, TimeSpan.FromHours(3), () => w.Next(p!, new DueReached(w.Now))),
            p => w.Next(p!, new CancelDelivery("somebody")),
        ],
        ["claimed apart and sent"] = w => [_ => w.Accept("a"), p => w.Next(p!, new ClaimAttempt(w.Claim())), p => w.Ended(p!, Accepted)],
        ["suppressed at once"] = w => [_ => w.Accept(w.Command("a") with { SuppressedBecause = "stub mode" })],
        ["suppressed by the provider"] = w => [.. Claimed(w), p => w.Ended(p!, Rejected with { Suppressed = true })],
        ["rejected"] = w => [.. Claimed(w), p => w.Ended(p!, Rejected)],
        ["render failed"] = w => [.. Claimed(w), p => w.Ended(p!, new() { Status = AttemptStatus.RenderFailed, Reason = "unknown_variable" })],
        ["tried again with what was rendered"] = w =>
        [
            .. Claimed(w),
            p => w.Ended(p!, Deferred with { Rendered = Content }),
            p => Later(w, TimeSpan.FromMinutes(2), () => w.Next(p!, new ClaimAttempt(w.Claim()))),
            p => w.Ended(p!, Accepted),
        ],
        ["throttled and interrupted"] = w =>
        [
            .. Claimed(w),
            p => w.Ended(p!, Deferred with { ThrottledFor = TimeSpan.FromSeconds(5) }),
            p => Later(w, TimeSpan.FromSeconds(6), () => w.Next(p!, new ClaimAttempt(w.Claim()))),
            p => w.Ended(p!, new() { Status = AttemptStatus.Interrupted }),
        ],
        ["dead letter"] = w => [.. Claimed(w), p => w.Ended(p!, Deferred, new RetryLadder([]))],
        ["expired"] = w =>
        [
            _ => w.Accept(w.Command("a") with { ExpiresAt = w.Now + TimeSpan.FromSeconds(30) }),
            p => Later(w, TimeSpan.FromMinutes(1), () => w.Next(p!, new DueReached(w.Now))),
        ],
        ["recipients fare differently"] = w =>
        [
            .. Claimed(w),
            p => w.Ended(p!, Accepted with { Recipients = [new(0, RecipientStatus.Sent, null), new(1, RecipientStatus.Failed, "no such user")] }),
            p => Later(w, TimeSpan.FromMinutes(2), () => w.Next(p!, new ClaimAttempt(w.Claim()))),
            p => w.Ended(p!, Accepted with { Recipients = [new(2, RecipientStatus.Sent, null)] }),
            p => w.Next(p!, new ProviderReported(DeliveryStatus.Bounced, [new(0, RecipientStatus.Bounced, "mailbox full")], "bounce")),
        ],
        ["held as uncertain and settled"] = w =>
        [
            _ => w.Accept(w.Command("a") with { OnUncertain = UncertainPolicy.Hold, Claim = w.Claim() }),
            p => w.Next(p!, new ClaimLapsed(p!.After.Claim!.Token, true, RetryLadder.Default)),
            p => w.Next(p!, new SettleUncertain(UncertainVerdict.SendAgain, "operator")),
        ],
        ["held for one recipient, one refused, one put off, settled"] = w =>
        [
            _ => w.Accept(w.Command("a") with { OnUncertain = UncertainPolicy.Hold, Claim = w.Claim() }),
            p => w.Ended(p!, new() { Status = AttemptStatus.Uncertain, Reason = "uncertain_after_data", Recipients = [new(0, RecipientStatus.Uncertain, null), new(1, RecipientStatus.Failed, "no such user"), new(2, RecipientStatus.Pending, "busy")] }),
            p => w.Next(p!, new SettleUncertain(UncertainVerdict.WasSent, "operator")),
        ],
        ["timed out, then sent after all"] = w =>
        [
            .. Claimed(w),
            p => w.Next(p!, new ClaimLapsed(p!.After.Claim!.Token, false, RetryLadder.Default)),
            p => w.Ended(p!, Accepted),
        ],
        ["delivered while sending, complained"] = w =>
        [
            .. Claimed(w),
            p => w.Next(p!, new ProviderReported(DeliveryStatus.Delivered, [], "delivered")),
            p => w.Ended(p!, new() { Status = AttemptStatus.Uncertain }),
            p => w.Next(p!, new ProviderReported(DeliveryStatus.Complained, [], "complaint")),
        ],
        ["failed on uncertainty"] = w =>
        [
            _ => w.Accept(w.Command("a") with { OnUncertain = UncertainPolicy.Fail, Claim = w.Claim() }),
            p => w.Ended(p!, new() { Status = AttemptStatus.Uncertain }),
        ],
    };

    public static IReadOnlyCollection<string> Names => All.Keys;

    public static IEnumerable<Func<DeliveryChange?, DeliveryChange>> Of(string name, World world) => All[name](world);

    private static IEnumerable<Func<DeliveryChange?, DeliveryChange>> Claimed(World world) => [_ => world.Accept(world.Command("a") with { Claim = world.Claim() })];

    private static DeliveryChange Later(World world, TimeSpan wait, Func<DeliveryChange> then)
    {
        world.Now += wait;
        return then();
    }
}
