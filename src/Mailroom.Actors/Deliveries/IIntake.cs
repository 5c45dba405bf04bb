using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>A validated mail on its way in. Every edge (HTTP, stream) makes one of these.</summary>
public sealed record NewDelivery
{
    public required OrgId Org { get; init; }

    /// <summary>Which intake it came by, for example <c>api</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The caller's own id; null: one is made.</summary>
    public DeliveryId? Id { get; init; }

    public required DeliveryRequest Request { get; init; }

    /// <summary>It goes before the org's other mail: a login code that somebody waits for.</summary>
    public bool Urgent { get; init; }

    /// <summary>The delivery that this one repeats, or null.</summary>
    public DeliveryId? Parent { get; init; }

    /// <summary>The W3C <c>traceparent</c> of what asked for it, or null. Not part of the content.</summary>
    public string? TraceParent { get; init; }

    public Instant? ScheduledAt { get; init; }

    public Instant? ExpiresAt { get; init; }

    /// <summary>Null: <see cref="OrgOnUncertain"/>.</summary>
    public UncertainPolicy? OnUncertain { get; init; }

    /// <summary>The org's policy, null: the service's default. Not part of the content: an org may change it between two repeats.</summary>
    public UncertainPolicy? OrgOnUncertain { get; init; }

    /// <summary>1 to 256 characters, or null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>SHA-256 that stands for the command's content; null: computed from the request and its times. A batch gives each of its mails the whole batch's.</summary>
    public byte[]? Fingerprint { get; init; }
}

/// <summary>The one way for mail into Mailroom.</summary>
public interface IIntake
{
    /// <summary>
    /// Answers <see cref="Accepted"/> after the mail is committed, or <see cref="IdempotencyHit"/>, <see cref="Refused"/> or <see cref="NotDone"/>
    /// with nothing stored (but for <see cref="NotDone.Late"/>, which does not know).
    /// </summary>
    ValueTask<object> AcceptAsync(NewDelivery mail);
}

/// <summary>Ids and tokens that are never given twice. Comes from outside so that a simulation owns them.</summary>
public interface IIdSource
{
    /// <summary><c>em_</c> and a UUIDv7.</summary>
    DeliveryId NewDeliveryId();

    long NewToken();
}
