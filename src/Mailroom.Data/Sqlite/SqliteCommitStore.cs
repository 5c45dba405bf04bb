using Mailroom.Actors.Kernel;
using Mailroom.Data.Changes;

namespace Mailroom.Data.Sqlite;

/// <summary>Writes batches of changes, each batch one transaction on the writer's thread.</summary>
internal sealed class SqliteCommitStore(SqliteWriter writer) : ICommitStore
{
    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        if (batch.Count == 0)
        {
            return;
        }

        // The writer gets a list of its own: after a timeout it may still be at it while the caller goes on with his.
        var changes = new DeliveryChange[batch.Count];
        for (var position = 0; position < changes.Length; position++)
        {
            changes[position] = DeliveryChanges.Of(batch[position]);
        }

        var verdicts = await writer.RunAsync("committing a batch", database => Write(database, changes), null, cancel);
        for (var position = 0; position < changes.Length; position++)
        {
            changes[position].Outcome = verdicts[position].Outcome;
            changes[position].Rejection = verdicts[position].Rejection;
        }
    }

    private static Verdict[] Write(SqliteDatabase database, DeliveryChange[] changes)
    {
        var verdicts = new Verdict[changes.Length];
        var fence = new EpochFence(database);
        for (var position = 0; position < changes.Length; position++)
        {
            var change = changes[position];
            verdicts[position] = !fence.Holds(change) ? new(ChangeOutcome.Fenced)
                : change.ExpectedVersion == 0 ? AcceptWrites.Write(database, change)
                : MoveWrites.Write(database, change);
        }

        return verdicts;
    }
}

/// <summary>What became of one change, kept apart from it until its transaction is durable.</summary>
internal readonly record struct Verdict(ChangeOutcome Outcome, object? Rejection = null);
