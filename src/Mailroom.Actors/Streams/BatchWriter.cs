using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>How a write ended.</summary>
internal enum WriteEnd
{
    Written,

    /// <summary>The stored offset is another one, or the shard has another owner: where to go on has to be read again.</summary>
    Refused,

    /// <summary>The stored offset was found to be another one: where to go on has to be read again.</summary>
    Moved,

    /// <summary>Given up at a shutdown. What is not durable is read again at the next start.</summary>
    Abandoned,
}

/// <summary>The shard whose owner reads the stream, and the epoch under which it is owned.</summary>
internal sealed record StreamOwner(int Shard, long Epoch);

/// <summary>
/// Makes batches durable: tries again while the database fails, finds out what became of a commit whose answer was lost, and
/// sets aside the one item that cannot be stored. Tells of each batch once it is durable.
/// </summary>
internal sealed class BatchWriter(
    IStreamStore store, string stream, StreamOwner owner, ConsumerOptions options, IEffects effects, IStreamEvents events, Spell spell, TimeProvider clock)
{
    /// <summary>What is stored now; null: nothing.</summary>
    public StreamCursor? Stored { get; private set; }

    /// <summary>Reads where the database stands.</summary>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async ValueTask<StreamCursor?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var position = await store.PositionAsync(stream, cancel).ConfigureAwait(false);
                spell.Succeeded();
                return Stored = position is null ? null : new(position.Offset, position.Entries);
            }
            catch (StoreUnavailableException why)
            {
                await spell.FailedAsync(why, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes items that were read after <paramref name="from"/>, in transactions of bounded size.</summary>
    public async Task<WriteEnd> WriteAsync(IReadOnlyList<StreamItem> items, StreamCursor from, CancellationToken abandon)
    {
        if ((Stored?.Offset ?? StreamEntryId.Start) != from.Offset)
        {
            return WriteEnd.Moved;
        }

        var entries = from.Entries;
        try
        {
            for (var first = 0; first < items.Count;)
            {
                var slice = Slice(items, first);
                var end = await WriteSliceAsync(slice, entries, abandon).ConfigureAwait(false);
                if (end != WriteEnd.Written)
                {
                    return end;
                }

                first += slice.Count;
                entries += slice.Count;
            }

            return WriteEnd.Written;
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            return WriteEnd.Abandoned;
        }
    }

    /// <summary>Writes a gap or a reset: a record with no entry behind it, and the place to go on from.</summary>
    public async Task<WriteEnd> WriteAsync(StreamItem record, StreamCursor next, int gaps, int resets, CancellationToken abandon)
    {
        try
        {
            var batch = Batch([record], next) with { NewGaps = gaps, NewResets = resets };
            return await CommitAsync(batch, abandon).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            return WriteEnd.Abandoned;
        }
    }

    private IReadOnlyList<StreamItem> Slice(IReadOnlyList<StreamItem> items, int first)
    {
        var bytes = items[first].Entry.Size;
        var end = first + 1;
        while (end < items.Count && (bytes += items[end].Entry.Size) <= options.BatchBytes)
        {
            end++;
        }

        return first == 0 && end == items.Count ? items : [.. items.Skip(first).Take(end - first)];
    }

    private async ValueTask<WriteEnd> WriteSliceAsync(IReadOnlyList<StreamItem> items, long entries, CancellationToken abandon)
    {
        var next = new StreamCursor(items[^1].Entry.Id, entries + items.Count);
        try
        {
            return await CommitAsync(Batch(items, next), abandon).ConfigureAwait(false);
        }
        catch (Exception why) when (why is not OperationCanceledException)
        {
            return items.Count == 1
                ? await SetAsideAsync(items[0], next, why, abandon).ConfigureAwait(false)
                : await HalveAsync(items, entries, abandon).ConfigureAwait(false);
        }
    }

    private async ValueTask<WriteEnd> HalveAsync(IReadOnlyList<StreamItem> items, long entries, CancellationToken abandon)
    {
        var half = items.Count / 2;
        var end = await WriteSliceAsync([.. items.Take(half)], entries, abandon).ConfigureAwait(false);
        return end == WriteEnd.Written
            ? await WriteSliceAsync([.. items.Skip(half)], entries + half, abandon).ConfigureAwait(false)
            : end;
    }

    /// <summary>The database takes this entry in no form but as a refused one.</summary>
    private async ValueTask<WriteEnd> SetAsideAsync(StreamItem item, StreamCursor next, Exception why, CancellationToken abandon)
    {
        events.Faulted(stream, item.Entry.Id, why);
        var refused = item.Failure is null
            ? item with { Accept = null, Failure = new(CommandFailure.InvalidCommand, "The command cannot be stored."), Effects = default }
            : new(new(item.Entry.Id, []), null, new(item.Failure.Code, "The entry cannot be stored."));
        while (true)
        {
            try
            {
                return await CommitAsync(Batch([refused], next), abandon).ConfigureAwait(false);
            }
            catch (Exception again) when (again is not OperationCanceledException)
            {
                // Nothing is left that could be wrong with the entry, so it is the database.
                await spell.FailedAsync(again, abandon).ConfigureAwait(false);
            }
        }
    }

    private StreamBatch Batch(IReadOnlyList<StreamItem> items, StreamCursor next) =>
        new(stream, owner.Shard, owner.Epoch, Stored?.Offset, next.Offset, next.Entries, clock.Now(), items);

    private async ValueTask<WriteEnd> CommitAsync(StreamBatch batch, CancellationToken abandon)
    {
        while (true)
        {
            var before = Stored;
            try
            {
                var result = await store.CommitAsync(batch, abandon).ConfigureAwait(false);
                spell.Succeeded();
                if (!result.Committed)
                {
                    return WriteEnd.Refused;
                }

                Stored = new(batch.Next, batch.Entries);
                Tell(batch, result);
                return WriteEnd.Written;
            }
            catch (StoreUnavailableException why)
            {
                await spell.FailedAsync(why, abandon).ConfigureAwait(false);
                var now = await ReadAsync(abandon).ConfigureAwait(false);
                if (now == new StreamCursor(batch.Next, batch.Entries))
                {
                    TellUnlearnt(batch);
                    return WriteEnd.Written;
                }

                if (now != before)
                {
                    return WriteEnd.Moved;
                }
            }
        }
    }

    private void Tell(StreamBatch batch, StreamBatchResult result)
    {
        var (accepted, replayed, malformed) = (0, 0, 0);
        for (var index = 0; index < batch.Items.Count; index++)
        {
            var item = batch.Items[index];
            switch (result.Outcomes[index])
            {
                case StreamItemOutcome.Accepted:
                    accepted++;
                    Run(item);
                    break;
                case StreamItemOutcome.Replayed:
                    replayed++;
                    break;
                case StreamItemOutcome.Malformed:
                    malformed++;
                    TellRejected(item, result.FailureCodes[index]!);
                    break;
                default:
                    throw new InvalidOperationException($"The store knows an outcome more: {result.Outcomes[index]}.");
            }
        }

        events.BatchTaken(stream, batch.Next, accepted, replayed, malformed);
    }

    /// <summary>The batch is durable and its answer was lost: what was refused here is known, the rest is found by the scan for due deliveries.</summary>
    private void TellUnlearnt(StreamBatch batch)
    {
        var refused = 0;
        foreach (var item in batch.Items)
        {
            if (item.Failure is { } failure)
            {
                refused++;
                TellRejected(item, failure.Code);
            }
        }

        events.BatchTaken(stream, batch.Next, batch.Items.Count - refused, 0, refused);
    }

    private void TellRejected(StreamItem item, string code)
    {
        // A gap or a reset is told as what it is.
        if (code is not (CommandFailure.Gap or CommandFailure.Reset))
        {
            events.Rejected(stream, item.Entry.Id, code, item.DeliveryId, item.Source);
        }
    }

    private void Run(StreamItem item)
    {
        try
        {
            foreach (var effect in item.Effects)
            {
                effects.Run(item.Accept!.Id, effect);
            }
        }
        catch (Exception why)
        {
            // The delivery is durable and due: the scan finds it.
            events.Faulted(stream, item.Entry.Id, why);
        }
    }
}
