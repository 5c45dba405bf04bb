using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>The terms that dispatchers hold are no longer true: they ask again before their next call.</summary>
public sealed record TermsChanged(OrgId Org) : Effect;
