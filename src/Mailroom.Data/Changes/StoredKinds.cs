global using OrgChange = Mailroom.Actors.Kernel.Change<Mailroom.Actors.Orgs.OrgState, Mailroom.Actors.Orgs.OrgEvent>;

using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Changes;

/// <summary>The kinds of entities that there are tables for.</summary>
internal static class StoredKinds
{
    public static UnstorableException Unknown(Change change) => new($"The store has no tables for changes of the kind '{change.Kind}'.");
}
