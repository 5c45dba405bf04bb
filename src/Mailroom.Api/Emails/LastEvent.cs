using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>A delivery's status in Resend's words. Mailroom's own word is told beside it.</summary>
internal static class LastEvent
{
    public static string Of(DeliveryState state) => state.Status switch
    {
        DeliveryStatus.Scheduled => "scheduled",
        DeliveryStatus.Queued or DeliveryStatus.Rendered => state.LastAttemptNo == 0 ? "queued" : "delivery_delayed",
        DeliveryStatus.Sending => state.LastAttemptNo <= 1 ? "queued" : "delivery_delayed",
        DeliveryStatus.Uncertain => "delivery_delayed",
        DeliveryStatus.Sent => "sent",
        DeliveryStatus.Delivered => "delivered",
        DeliveryStatus.Bounced => "bounced",
        DeliveryStatus.Complained => "complained",
        DeliveryStatus.Suppressed => "suppressed",
        DeliveryStatus.Canceled => "canceled",
        DeliveryStatus.Failed or DeliveryStatus.DeadLetter or DeliveryStatus.Expired => "failed",
        DeliveryStatus.Absent => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "An absent delivery is never shown."),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "Not a delivery status."),
    };
}
