using Mailroom.Actors.Kernel;

namespace Mailroom.Simulation.Store;

/// <summary>The kernel's writes of one process.</summary>
internal sealed class NodeCommits(DatabaseLink link) : ICommitStore
{
    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        // The list and its changes are the caller's again once it has given up, while the transaction may still be under way.
        Change[] changes = [.. batch];
        var ends = await link.CallAsync(isCommit: true, () => Commit(changes)).ConfigureAwait(false);
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
