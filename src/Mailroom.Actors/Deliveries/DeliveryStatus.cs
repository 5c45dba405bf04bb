using System.Collections.Frozen;

namespace Mailroom.Actors.Deliveries;

/// <summary>Where a delivery stands. The stored names are permanent.</summary>
public enum DeliveryStatus
{
    /// <summary>Not written yet; never stored.</summary>
    Absent,

    /// <summary>Accepted, to be sent at a later time.</summary>
    Scheduled,

    /// <summary>Waiting for its first attempt or the next one.</summary>
    Queued,

    /// <summary>Waiting for the next attempt, with the rendered template kept.</summary>
    Rendered,

    /// <summary>An attempt is claimed.</summary>
    Sending,

    /// <summary>The next hop has taken responsibility.</summary>
    Sent,

    /// <summary>The provider reported that the mail reached the mailbox.</summary>
    Delivered,

    /// <summary>The provider reported a bounce after it had accepted the mail.</summary>
    Bounced,

    /// <summary>The recipient complained about the mail.</summary>
    Complained,

    /// <summary>Not sent, because a rule here or at the provider says that the recipient is not to be written to. Not a failure.</summary>
    Suppressed,

    /// <summary>Rejected for good.</summary>
    Failed,

    /// <summary>The retry ladder is exhausted.</summary>
    DeadLetter,

    /// <summary>Called back before it was sent.</summary>
    Canceled,

    /// <summary>Its time ran out before it was sent.</summary>
    Expired,

    /// <summary>Nobody knows whether the last attempt was accepted, and the policy is to hold: an operator or a provider event settles it.</summary>
    Uncertain,
}

/// <summary>The stored names and the allowed ways from one status to the next.</summary>
public static class DeliveryStatuses
{
    private static readonly string[] Names =
    [
        "absent", "scheduled", "queued", "rendered", "sending", "sent", "delivered", "bounced", "complained",
        "suppressed", "failed", "dead_letter", "canceled", "expired", "uncertain",
    ];

    private static readonly FrozenDictionary<string, DeliveryStatus> ByName =
        Enum.GetValues<DeliveryStatus>().Where(s => s != DeliveryStatus.Absent).ToFrozenDictionary(s => Names[(int)s]);

    private static readonly FrozenDictionary<DeliveryStatus, FrozenSet<DeliveryStatus>> Ways = new Dictionary<DeliveryStatus, DeliveryStatus[]>
    {
        [DeliveryStatus.Absent] = [DeliveryStatus.Scheduled, DeliveryStatus.Queued],
        [DeliveryStatus.Scheduled] = [DeliveryStatus.Scheduled, DeliveryStatus.Queued, DeliveryStatus.Canceled, DeliveryStatus.Expired],
        [DeliveryStatus.Queued] = [DeliveryStatus.Sending, DeliveryStatus.Suppressed, DeliveryStatus.Canceled, DeliveryStatus.Expired, .. Settled],
        [DeliveryStatus.Rendered] = [DeliveryStatus.Sending, DeliveryStatus.Canceled, DeliveryStatus.Expired, .. Settled],
        [DeliveryStatus.Sending] =
        [
            DeliveryStatus.Queued, DeliveryStatus.Rendered, DeliveryStatus.Suppressed, DeliveryStatus.Failed,
            DeliveryStatus.DeadLetter, DeliveryStatus.Expired, DeliveryStatus.Uncertain, .. Settled,
        ],
        [DeliveryStatus.Uncertain] = [DeliveryStatus.Queued, DeliveryStatus.Rendered, DeliveryStatus.Failed, DeliveryStatus.Canceled, .. Settled],
        [DeliveryStatus.Sent] = [DeliveryStatus.Delivered, DeliveryStatus.Bounced, DeliveryStatus.Complained],
        [DeliveryStatus.Delivered] = [DeliveryStatus.Bounced, DeliveryStatus.Complained],
        [DeliveryStatus.Bounced] = [DeliveryStatus.Complained],
        [DeliveryStatus.Complained] = [],
        [DeliveryStatus.Suppressed] = [],
        [DeliveryStatus.Failed] = [],
        [DeliveryStatus.DeadLetter] = [],
        [DeliveryStatus.Canceled] = [],
        [DeliveryStatus.Expired] = [],
    }.ToFrozenDictionary(way => way.Key, way => way.Value.ToFrozenSet());

    /// <summary>What a provider's word can settle a mail as.</summary>
    private static DeliveryStatus[] Settled => [DeliveryStatus.Sent, DeliveryStatus.Delivered, DeliveryStatus.Bounced, DeliveryStatus.Complained];

    /// <summary>The stored name, for example <c>dead_letter</c>.</summary>
    public static string Name(this DeliveryStatus status) => Names[(int)status];

    public static bool TryParse(string? name, out DeliveryStatus status)
    {
        status = default;
        return name is not null && ByName.TryGetValue(name, out status);
    }

    public static bool MayBecome(this DeliveryStatus from, DeliveryStatus to) => Ways[from].Contains(to);

    /// <summary>True when Mailroom will not try again by itself.</summary>
    public static bool IsTerminal(this DeliveryStatus status) => status is
        DeliveryStatus.Sent or DeliveryStatus.Delivered or DeliveryStatus.Bounced or DeliveryStatus.Complained or
        DeliveryStatus.Suppressed or DeliveryStatus.Failed or DeliveryStatus.DeadLetter or DeliveryStatus.Canceled or DeliveryStatus.Expired;

    /// <summary>True while an attempt is due now or later.</summary>
    public static bool IsWaiting(this DeliveryStatus status) => status is DeliveryStatus.Queued or DeliveryStatus.Rendered;

    /// <summary>How bad a provider's word is: a worse one replaces a better one, never the other way round. 0: not a provider's word.</summary>
    public static int Severity(this DeliveryStatus status) => status switch
    {
        DeliveryStatus.Sent => 1,
        DeliveryStatus.Delivered => 2,
        DeliveryStatus.Bounced => 3,
        DeliveryStatus.Complained => 4,
        _ => 0,
    };
}
