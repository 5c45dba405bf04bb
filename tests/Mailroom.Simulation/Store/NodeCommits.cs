using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Simulation.Store;

/// <summary>The kernel's writes of one process.</summary>
internal sealed class NodeCommits(DatabaseLink link) : ICommitStore
{
    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        // The list and its changes are the caller's again once it has given up, while the transaction may still be under way.
        Change[] changes = [.. batch];
        // An org that decides again on a window whose commit was not heard of gives it without the spacing that a new holder begins with, so a limit would be
        // broken here by one call. Until it tells the two apart, the outcome of an org's commit is always heard.
        var isHeard = Array.Exists(changes, change => change.Kind == Org.Kind.Name);
        var ends = await link.CallAsync(isCommit: true, () => Commit(changes), isHeard).ConfigureAwait(false);
        for (var index = 0; index < changes.Length; index++)
        {
            (changes[index].Outcome, changes[index].Rejection) = ends[index];
        }
    }

    private (ChangeOutcome Outcome, object? Rejection)[] Commit(Change[] changes)
    {
        var before = Array.ConvertAll(changes, change => (change.Outcome, change.Rejection));
        try
        {
            link.Server.Memory.CommitAsync(changes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return Array.ConvertAll(changes, change => (change.Outcome, change.Rejection));
        }
        finally
        {
            for (var index = 0; index < changes.Length; index++)
            {
                (changes[index].Outcome, changes[index].Rejection) = before[index];
            }
        }
    }
}
