using Mailroom.Actors.Streams;
using Mailroom.Simulation.Redis;
using Mailroom.Simulation.Store;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Checking;

/// <summary>What an entry of the stream says, as its producer knows.</summary>
/// <param name="Mail">Null: it says nothing that can be accepted.</param>
internal sealed record EntryTruth(string? Mail, string? Org, string? Key, string? Content);

/// <summary>G6: every entry counts once, and before the offset moves over it.</summary>
internal sealed class IntakeAudit(DatabaseServer database, RedisServer redis, StoreAudit store, OwnerAudit owners, Ledger ledger, Findings findings, History history)
{
    /// <summary>In which life of the stream an entry was counted last.</summary>
    private readonly Dictionary<StreamEntryId, long> _counted = [];

    /// <summary>What producers put there.</summary>
    public Dictionary<StreamEntryId, EntryTruth> Truth { get; } = [];

    public StreamBatchResult Committing(SimProcess process, StreamBatch batch, Func<StreamBatchResult> write)
    {
        var before = database.Streams[batch.Stream];
        store.IsTakingIn = true;
        StreamBatchResult result;
        try
        {
            result = write();
        }
        finally
        {
            store.IsTakingIn = false;
        }

        if (!result.Committed)
        {
            history.Add(process.Machine.Number, "batch_refused", batch.Next.ToString());
            return result;
        }

        history.Add(process.Machine.Number, "batch", batch.Next.ToString(), batch.Items.Count, batch.NewGaps + batch.NewResets);
        if (!owners.IsOwned(batch.Shard, batch.Epoch))
        {
            findings.Add(Broken.Store, batch.Next.ToString(), $"A batch under epoch {batch.Epoch} of shard {batch.Shard} took effect, which has another owner.");
        }

        if (before?.Offset != batch.Expected)
        {
            findings.Add(Broken.Intake, batch.Next.ToString(), $"A batch after {batch.Expected} was written when the offset was {before?.Offset}.");
        }

        if (batch.NewGaps + batch.NewResets == 0)
        {
            CheckCover(batch);
            Count(batch, result, before?.Resets ?? 0);
        }

        return result;
    }

    /// <summary>In the end nothing that can still be read is left unread.</summary>
    public void CheckEnd()
    {
        var position = database.Streams[RedisServer.Stream];
        foreach (var entry in redis.Entries)
        {
            if (!_counted.ContainsKey(entry.Id))
            {
                findings.Add(Broken.Intake, entry.Id.ToString(), $"An entry was never counted; the offset is {position?.Offset}.");
            }
        }

        var trimmedUnread = redis.Resets == 0 && redis.Gone.Any(gone => gone.Value == "trimmed" && !_counted.ContainsKey(gone.Key));
        if (trimmedUnread && position is { Gaps: 0, Resets: 0 })
        {
            findings.Add(Broken.Intake, null, "Entries were trimmed before they were read, and no gap is recorded.");
        }
    }

    /// <summary>The items are exactly the entries that the offset moves over, but for those that nobody can read any more.</summary>
    private void CheckCover(StreamBatch batch)
    {
        var items = batch.Items.Select(item => item.Entry.Id).ToHashSet();
        var from = batch.Expected ?? StreamEntryId.Start;
        for (var index = redis.Ever.Count - 1; index >= 0 && redis.Ever[index].Id > from; index--)
        {
            var id = redis.Ever[index].Id;
            if (id <= batch.Next && !items.Contains(id) && !redis.Gone.ContainsKey(id))
            {
                findings.Add(Broken.Intake, id.ToString(), $"The offset moved to {batch.Next} over an entry that was not counted.");
            }
        }
    }

    private void Count(StreamBatch batch, StreamBatchResult result, long life)
    {
        for (var index = 0; index < batch.Items.Count; index++)
        {
            var id = batch.Items[index].Entry.Id;
            if (_counted.TryGetValue(id, out var counted) && counted == life)
            {
                findings.Add(Broken.Intake, id.ToString(), "An entry was counted twice.");
            }

            _counted[id] = life;
            CheckOutcome(id, Truth[id], result.Outcomes[index], result.FailureCodes[index]);
        }
    }

    private void CheckOutcome(StreamEntryId id, EntryTruth truth, StreamItemOutcome outcome, string? code)
    {
        if (outcome == StreamItemOutcome.Malformed)
        {
            var isClash = truth.Mail is not null
                && ((code == CommandFailure.IdempotencyConflict && KeyOf(truth) is { } taken && taken.Content != truth.Content)
                    || (code == CommandFailure.InvalidCommand && store.Contents.ContainsKey(truth.Mail)));
            if (truth.Mail is not null && !isClash)
            {
                findings.Add(Broken.Intake, id.ToString(), $"An entry that can be accepted was recorded as {code}.");
            }

            return;
        }

        if (truth.Mail is null || KeyOf(truth) is not { } kept || kept.Content != truth.Content)
        {
            findings.Add(Broken.Intake, id.ToString(), $"An entry is {outcome} and its mail is not there.");
            return;
        }

        // Whoever sees the offset move on may forget the entry.
        ledger.Acknowledge(kept.Id, "acknowledged_by_offset");
    }

    private (string Id, string Content)? KeyOf(EntryTruth truth) => store.KeyOf(new(truth.Org!), Producers.Commands.Source, truth.Key!);
}
