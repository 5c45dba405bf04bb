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
        var changes = new Change[batch.Count];
        for (var position = 0; position < changes.Length; position++)
        {
            changes[position] = batch[position] is DeliveryChange or OrgChange ? batch[position] : throw StoredKinds.Unknown(batch[position]);
        }

        var verdicts = await writer.RunAsync("committing a batch", database => Write(database, changes), null, cancel);
        for (var position = 0; position < changes.Length; position++)
        {
            changes[position].Outcome = verdicts[position].Outcome;
            changes[position].Rejection = verdicts[position].Rejection;
        }
    }

    private static Verdict[] Write(SqliteDatabase database, Change[] changes)
    {
        var verdicts = new Verdict[changes.Length];
        var fence = new EpochFence(database);
        for (var position = 0; position < changes.Length; position++)
        {
            var change = changes[position];
            verdicts[position] = fence.Holds(change) ? Write(database, change) : new(ChangeOutcome.Fenced);
        }

        return verdicts;
    }

    private static Verdict Write(SqliteDatabase database, Change change) => change switch
    {
        DeliveryChange { ExpectedVersion: 0 } accept => AcceptWrites.Write(database, accept),
        DeliveryChange move => MoveWrites.Write(database, move),
        OrgChange org => OrgWrites.Write(database, org),
        _ => throw StoredKinds.Unknown(change),
    };
}

/// <summary>What became of one change, kept apart from it until its transaction is durable.</summary>
internal readonly record struct Verdict(ChangeOutcome Outcome, object? Rejection = null);
