using System.Collections.Immutable;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>Who stopped an org's outbound mail, why, and since when.</summary>
public sealed record OutboundPause(string By, string Reason, Instant Since);

/// <summary>One node's right to make an org's provider calls until a time; the next holder waits for its end and one spacing more.</summary>
/// <param name="Holder">The incarnation of the node that has it.</param>
/// <param name="Until">No call begins later.</param>
public sealed record CallWindow(long Holder, Instant Until);

/// <summary>A node that waits for the window that another one has.</summary>
public sealed record CallWish(long Holder, Instant At);

/// <summary>What an org knows of itself: its settings, and what its sending has to keep to.</summary>
public sealed record OrgState
{
    public static readonly OrgState Absent = new();

    public OrgId Id { get; init; }

    public string Name { get; init; } = "";

    public Instant CreatedAt { get; init; }

    public Instant UpdatedAt { get; init; }

    /// <summary>Provider calls a second, 1 to 100; null: no limit.</summary>
    public int? Rps { get; init; }

    /// <summary>What becomes of mail whose outcome nobody knows; null: the service's default.</summary>
    public UncertainPolicy? OnUncertain { get; init; }

    /// <summary>Null: outbound mail goes on.</summary>
    public OutboundPause? Pause { get; init; }

    /// <summary>The provider asked for no calls before this time.</summary>
    public Instant? HoldUntil { get; init; }

    /// <summary>The newest window given; only orgs with a limit have one.</summary>
    public CallWindow? Window { get; init; }

    /// <summary>Nodes that wait for the next window, the first one first; so that several nodes with mail of one org take turns.</summary>
    public ImmutableArray<CallWish> Wishes { get; init; } = [];

    /// <summary>See <see cref="CreateOrg.Token"/>.</summary>
    public long CreateToken { get; init; }
}
