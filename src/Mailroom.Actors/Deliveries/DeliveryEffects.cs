using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>Make the attempt that was just claimed. It comes back as <see cref="AttemptFinished"/>.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Org">Whose it is.</param>
/// <param name="AttemptNo">From 1.</param>
/// <param name="Claim">The right to make it.</param>
/// <param name="Request">The request where it is at hand; null: to be read from the store.</param>
/// <param name="Recipients">The positions to address; null: all.</param>
/// <param name="HasRendered">Content rendered by an earlier attempt is stored and is to be used.</param>
/// <param name="CreatedAt">When it was accepted; the mail's date.</param>
public sealed record StartAttempt(
    DeliveryId Id, OrgId Org, int AttemptNo, Claim Claim, DeliveryRequest? Request, IReadOnlyList<int>? Recipients, bool HasRendered, Instant CreatedAt)
    : Effect
{
    /// <summary>It goes before the org's other mail.</summary>
    public bool Urgent { get; init; }

    /// <summary>The W3C <c>traceparent</c> of what asked for the mail, or null.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Ask the dispatcher for a slot. It comes back as <see cref="ClaimAttempt"/>, with the <paramref name="Request"/> where it was at hand.</summary>
public sealed record AwaitSlot(DeliveryId Id, OrgId Org, Instant DueAt, DeliveryRequest? Request) : Effect
{
    /// <summary>It goes before the org's other mail.</summary>
    public bool Urgent { get; init; }
}

/// <summary>Tell operators where a delivery has got to by itself: it waits for another attempt, or it ended other than sent. Said once it is durable.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Org">Whose it is.</param>
/// <param name="Source">Which intake it came by.</param>
/// <param name="Status">Where it stands now.</param>
/// <param name="AttemptNo">The newest attempt; 0: none was made.</param>
/// <param name="Last">How the newest attempt ended; null: none was made.</param>
/// <param name="Reason">A short permanent word.</param>
/// <param name="NextAt">When the next attempt is due, or null where there is none.</param>
public sealed record Announce(
    DeliveryId Id, OrgId Org, string Source, DeliveryStatus Status, int AttemptNo, AttemptStatus? Last, string Reason, Instant? NextAt) : Effect;

/// <summary>A claim's deadline has passed: find out who holds it. It comes back as <see cref="ClaimLapsed"/>, or not at all while somebody does.</summary>
public sealed record CheckClaim(DeliveryId Id, ClaimToken Token) : Effect;
