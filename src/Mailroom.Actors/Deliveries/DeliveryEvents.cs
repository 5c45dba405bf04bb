using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>What became of a delivery. <see cref="Name"/> is stored and permanent.</summary>
public abstract record DeliveryEvent(Instant OccurredAt)
{
    public abstract string Name { get; }
}

/// <summary>Carries the whole command, because the store writes payload, recipients and idempotency from it.</summary>
public sealed record DeliveryAccepted(Instant OccurredAt, AcceptDelivery Command, DeliveryStatus Status) : DeliveryEvent(OccurredAt)
{
    public override string Name => "accepted";
}

/// <summary>A scheduled delivery's time has come.</summary>
public sealed record DeliveryQueued(Instant OccurredAt) : DeliveryEvent(OccurredAt)
{
    public override string Name => "queued";
}

public sealed record AttemptStarted(Instant OccurredAt, int AttemptNo, Claim Claim) : DeliveryEvent(OccurredAt)
{
    public override string Name => "attempt_started";
}

/// <summary><paramref name="Counted"/>: it uses up a step of the ladder.</summary>
public sealed record AttemptEnded(Instant OccurredAt, int AttemptNo, Instant StartedAt, AttemptReport Report, bool Counted) : DeliveryEvent(OccurredAt)
{
    public override string Name => "attempt_ended";
}

/// <summary>The last attempt is to be repeated at <paramref name="DueAt"/> for the recipients that are still pending.</summary>
public sealed record RetryScheduled(Instant OccurredAt, Instant DueAt, string Reason) : DeliveryEvent(OccurredAt)
{
    public override string Name => "retry_scheduled";
}

public sealed record DeliverySent(Instant OccurredAt) : DeliveryEvent(OccurredAt)
{
    public override string Name => "sent";
}

public sealed record DeliverySuppressed(Instant OccurredAt, string Reason) : DeliveryEvent(OccurredAt)
{
    public override string Name => "suppressed";
}

public sealed record DeliveryFailed(Instant OccurredAt, string Reason) : DeliveryEvent(OccurredAt)
{
    public override string Name => "failed";
}

/// <summary>Written together with the delivery's one dead-letter row (C34).</summary>
public sealed record DeliveryDeadLettered(Instant OccurredAt, string Reason) : DeliveryEvent(OccurredAt)
{
    public override string Name => "dead_lettered";
}

public sealed record DeliveryExpired(Instant OccurredAt) : DeliveryEvent(OccurredAt)
{
    public override string Name => "expired";
}

public sealed record DeliveryCanceled(Instant OccurredAt, string By) : DeliveryEvent(OccurredAt)
{
    public override string Name => "canceled";
}

public sealed record DeliveryRescheduled(Instant OccurredAt, Instant DueAt) : DeliveryEvent(OccurredAt)
{
    public override string Name => "rescheduled";
}

/// <summary>Held until somebody settles it.</summary>
public sealed record DeliveryParked(Instant OccurredAt, string Reason) : DeliveryEvent(OccurredAt)
{
    public override string Name => "parked";
}

/// <summary>A provider's, an operator's or a late attempt's word: the delivery becomes <paramref name="Status"/>, unless it stands at something worse already.</summary>
public sealed record ProviderWordRecorded(Instant OccurredAt, DeliveryStatus Status, IReadOnlyList<RecipientOutcome> Recipients, string? Detail)
    : DeliveryEvent(OccurredAt)
{
    public override string Name => "provider_" + Status.Name();
}
