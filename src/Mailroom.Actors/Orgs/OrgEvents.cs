using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>What became of an org. Only its newest state is stored.</summary>
public abstract record OrgEvent(Instant OccurredAt)
{
    public abstract string Name { get; }
}

public sealed record OrgCreated(Instant OccurredAt, OrgId Id, string OrgName, int? Rps, UncertainPolicy? OnUncertain, long Token) : OrgEvent(OccurredAt)
{
    public override string Name => "org_created";
}

public sealed record OrgChanged(Instant OccurredAt, string OrgName, int? Rps, UncertainPolicy? OnUncertain) : OrgEvent(OccurredAt)
{
    public override string Name => "org_changed";
}

public sealed record OutboundPaused(Instant OccurredAt, string By, string Reason) : OrgEvent(OccurredAt)
{
    public override string Name => "outbound_paused";
}

public sealed record OutboundResumed(Instant OccurredAt, string By) : OrgEvent(OccurredAt)
{
    public override string Name => "outbound_resumed";
}

/// <summary>The provider's wish for no calls before <paramref name="Until"/>.</summary>
public sealed record CallsHeld(Instant OccurredAt, Instant Until) : OrgEvent(OccurredAt)
{
    public override string Name => "calls_held";
}

public sealed record WindowGiven(Instant OccurredAt, CallWindow Window) : OrgEvent(OccurredAt)
{
    public override string Name => "window_given";
}

/// <summary>A node waits for the window that another one has.</summary>
public sealed record WindowWished(Instant OccurredAt, long Holder) : OrgEvent(OccurredAt)
{
    public override string Name => "window_wished";
}
