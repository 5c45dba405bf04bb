using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>What to do when nobody knows whether an attempt was accepted.</summary>
public enum UncertainPolicy
{
    /// <summary>Send again with the same Message-ID.</summary>
    Retry,

    /// <summary>Park it until an operator or a provider event settles it.</summary>
    Hold,

    /// <summary>End it as failed.</summary>
    Fail,
}

/// <summary>Which attempt of which process: never given twice. The incarnation is the number the store gave a node at its start.</summary>
public readonly record struct ClaimToken(long Incarnation, long Sequence);

/// <summary>The right to make one attempt until <paramref name="Deadline"/>.</summary>
public sealed record Claim(ClaimToken Token, Instant Deadline);

/// <summary>A key that makes a repeated command have one effect: SHA-256 of the command, kept until <paramref name="ExpiresAt"/>.</summary>
public sealed record IdempotencyReservation(string Key, byte[] Fingerprint, Instant ExpiresAt);

public abstract record DeliveryMessage;

/// <summary>Command: take responsibility for a mail. Answered by <see cref="Accepted"/>, <see cref="IdempotencyHit"/> or <see cref="Refused"/>.</summary>
public sealed record AcceptDelivery : DeliveryMessage
{
    public required DeliveryId Id { get; init; }

    public required OrgId Org { get; init; }

    /// <summary>Which intake it came by, for example <c>api</c>, <c>notification</c>, <c>authsession</c>.</summary>
    public required string Source { get; init; }

    public required DeliveryRequest Request { get; init; }

    /// <summary><see cref="Request"/> as it is stored.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>It goes before the org's other mail.</summary>
    public bool Urgent { get; init; }

    /// <summary>The delivery that this one repeats, or null.</summary>
    public DeliveryId? Parent { get; init; }

    /// <summary>The W3C <c>traceparent</c> of what asked for it, or null.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Drawn once for this command, so that the same command decided again is known from another one with the same id.</summary>
    public required long AcceptToken { get; init; }

    public UncertainPolicy OnUncertain { get; init; }

    public Instant? ScheduledAt { get; init; }

    public Instant? ExpiresAt { get; init; }

    public IdempotencyReservation? Idempotency { get; init; }

    /// <summary>Why it is accepted but never to be sent, or null.</summary>
    public string? SuppressedBecause { get; init; }

    /// <summary>The first attempt's claim, where a slot was at hand: it is stored with the acceptance.</summary>
    public Claim? Claim { get; init; }
}

/// <summary>Command of the dispatcher: a slot is free for this delivery. Answered by <see cref="Claimed"/> or <see cref="NotClaimed"/>.</summary>
public sealed record ClaimAttempt(Claim Claim, DeliveryRequest? Request = null) : DeliveryMessage;

/// <summary>Command: do not send. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
public sealed record CancelDelivery(string By) : DeliveryMessage;

/// <summary>Command: send at another time. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
public sealed record RescheduleDelivery(Instant At) : DeliveryMessage;

/// <summary>How an operator settles a delivery that is held as uncertain.</summary>
public enum UncertainVerdict
{
    WasSent,
    SendAgain,
    GiveUp,
}

/// <summary>Command: settle a held delivery. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
public sealed record SettleUncertain(UncertainVerdict Verdict, string By) : DeliveryMessage;

/// <summary>Fact: the time that the delivery asked to be woken at has come.</summary>
public sealed record DueReached(Instant At) : DeliveryMessage;

/// <summary>Fact: the attempt under this claim ended so. <paramref name="Ladder"/> is that of the provider that made it.</summary>
public sealed record AttemptFinished(ClaimToken Token, AttemptReport Report, RetryLadder Ladder) : DeliveryMessage;

/// <summary>
/// Fact: nobody works under this claim any more and its result is not known. <paramref name="OwnerLost"/>: the process
/// that held it died, so the mail may have been accepted; otherwise the claim ran out in a process that lives (D17).
/// </summary>
public sealed record ClaimLapsed(ClaimToken Token, bool OwnerLost, RetryLadder Ladder) : DeliveryMessage;

/// <summary>Fact: the provider reports <paramref name="Status"/> (sent, delivered, bounced or complained) of the mail or of some of its recipients.</summary>
public sealed record ProviderReported(DeliveryStatus Status, IReadOnlyList<RecipientOutcome> Recipients, string? Detail) : DeliveryMessage;

/// <summary>The command is durable. <paramref name="Attempting"/>: its first attempt has begun under the claim it brought.</summary>
public sealed record Accepted(DeliveryId Id, DeliveryStatus Status, bool Attempting);

/// <summary>The idempotency key is taken, by the same content (<paramref name="Same"/>) or by another.</summary>
public sealed record IdempotencyHit(DeliveryId Existing, bool Same);

public sealed record Claimed;

/// <summary>The delivery is not to be attempted now; <paramref name="Status"/> says where it stands.</summary>
public sealed record NotClaimed(DeliveryStatus Status);

/// <summary>A command that this delivery does not allow now. <paramref name="Code"/> is permanent: <c>not_found</c>, <c>id_taken</c>, <c>in_flight</c>, <c>already_final</c>, <c>not_scheduled</c>, <c>not_uncertain</c>, <c>after_expiry</c>.</summary>
public sealed record Refused(string Code, string Message);
