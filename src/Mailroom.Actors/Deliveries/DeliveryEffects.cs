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
    : Effect;

/// <summary>Ask the dispatcher for a slot. It comes back as <see cref="ClaimAttempt"/>, with the <paramref name="Request"/> where it was at hand.</summary>
public sealed record AwaitSlot(DeliveryId Id, OrgId Org, Instant DueAt, DeliveryRequest? Request) : Effect;

/// <summary>A claim's deadline has passed: find out who holds it. It comes back as <see cref="ClaimLapsed"/>, or not at all while somebody does.</summary>
public sealed record CheckClaim(DeliveryId Id, ClaimToken Token) : Effect;
