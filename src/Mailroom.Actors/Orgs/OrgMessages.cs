using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

public abstract record OrgMessage;

/// <summary>Command: make an org. Answered by <see cref="Done"/> or <see cref="Refused"/> (<c>org_exists</c>, <c>invalid_name</c>, <c>invalid_rps</c>).</summary>
/// <param name="Name">1 to 200 characters, blanks around them not counted.</param>
/// <param name="Rps">1 to 100; null: the default limit.</param>
/// <param name="OnUncertain">Null: the service's default.</param>
/// <param name="Token">Drawn once for this command, so that the same command decided again is known from another one.</param>
public sealed record CreateOrg(OrgId Id, string Name, int? Rps, UncertainPolicy? OnUncertain, long Token) : OrgMessage;

/// <summary>Command: change settings; takes effect on the next provider call. Answered by <see cref="Done"/> or <see cref="Refused"/> (<c>org_not_found</c>, <c>invalid_name</c>, <c>invalid_rps</c>).</summary>
/// <param name="Name">Null: as it is.</param>
/// <param name="Rps">Null: as it is. Only <see cref="OrgId.Default"/> may be without a limit.</param>
/// <param name="OnUncertain">Null: as it is.</param>
public sealed record ChangeOrg(string? Name, NewValue<int?>? Rps, NewValue<UncertainPolicy?>? OnUncertain) : OrgMessage;

/// <summary>A value that replaces the old one, where null is a value too.</summary>
public sealed record NewValue<T>(T Value);

/// <summary>Command: no outbound mail of this org until it is resumed; intake goes on (B34). Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
public sealed record PauseOutbound(string By, string Reason) : OrgMessage;

/// <summary>Command: outbound mail goes on. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
public sealed record ResumeOutbound(string By) : OrgMessage;

/// <summary>
/// Question of a node's dispatcher: may it make the org's calls? Answered by <see cref="SendingTerms"/>; a limited org gives a window
/// with it. An org that nobody made is made by it, with the default limit.
/// </summary>
/// <param name="Org">Whose terms.</param>
/// <param name="Holder">The node's incarnation.</param>
/// <param name="Took">How long the last answer took: a slow store is given longer windows, else they would be over when they come.</param>
public sealed record AskTerms(OrgId Org, long Holder, TimeSpan Took = default) : OrgMessage
{
    /// <summary>The node knows of the window that it has. One that does not, because an answer was lost, has not kept the spacing that the window begins with.</summary>
    public bool Continues { get; init; }
}

/// <summary>Fact: the provider asked this org for no calls during <paramref name="Wait"/>. It can only slow the org down (A37).</summary>
public sealed record ProviderSlowed(TimeSpan Wait) : OrgMessage;

/// <summary>What an org allows one node for a while; then the node asks again. Spans and not times, because two machines' clocks differ.</summary>
/// <param name="Org">The org.</param>
/// <param name="IsPaused">No calls at all.</param>
/// <param name="Spacing">Between the beginnings of two calls; null: no limit.</param>
/// <param name="Wait">From the answer on: no call before.</param>
/// <param name="For">From the question on: no call after it without asking again. Less than <paramref name="Wait"/>: ask again when the wait is over.</param>
public sealed record SendingTerms(OrgId Org, bool IsPaused, TimeSpan? Spacing, TimeSpan Wait, TimeSpan For)
{
    /// <summary>From the answer on: another node's turn comes after <see cref="For"/>; ask again when this is over, not before. Null: nobody else waits.</summary>
    public TimeSpan? Pause { get; init; }
}
