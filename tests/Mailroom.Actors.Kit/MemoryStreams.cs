using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Kit;

/// <summary>Streams' offsets and malformed commands beside the deliveries of a <see cref="MemoryStore"/>, one transaction a batch.</summary>
public sealed class MemoryStreams(MemoryStore store) : IStreamStore
{
    private readonly Dictionary<string, StreamPosition> _positions = [];
    private readonly List<MalformedCommand> _malformed = [];

    public IReadOnlyList<MalformedCommand> Malformed
    {
        get
        {
            lock (store.Gate)
            {
                return [.. _malformed];
            }
        }
    }

    public StreamPosition? this[string stream]
    {
        get
        {
            lock (store.Gate)
            {
                return _positions.GetValueOrDefault(stream);
            }
        }
    }

    public ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel)
    {
        store.Faults.ThrowIfUnavailable();
        return new(this[stream]);
    }

    public async ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel)
    {
        var fault = await store.BeginAsync(batch.Items.Count, cancel).ConfigureAwait(false);
        var result = Write(batch);
        return fault == CommitFault.UnknownOutcome ? throw new StoreUnavailableException("The test lost the answer to this commit.") : result;
    }

    private StreamBatchResult Write(StreamBatch batch)
    {
        lock (store.Gate)
        {
            var stored = _positions.GetValueOrDefault(batch.Stream);
            if (!store.IsOwned(batch.Shard, batch.Epoch) || stored?.Offset != batch.Expected)
            {
                return StreamBatchResult.Refused;
            }

            if (batch.Items.FirstOrDefault(item => item.Accept is { } change && store.Faults.IsPoisoned(change)) is { } poisoned)
            {
                throw new InvalidDataException($"The test poisoned {poisoned.Accept!.Id}.");
            }

            var failures = batch.Items.Select(item => (Item: item, Failure: Write(item, out var replayed), Replayed: replayed)).ToList();
            _malformed.AddRange(failures.Where(each => each.Failure is not null).Select(each => each.Item.Refused(batch.Stream, batch.At, each.Failure!)));
            _positions[batch.Stream] = new(
                batch.Next, batch.Entries, batch.At, (stored?.Gaps ?? 0) + batch.NewGaps, (stored?.Resets ?? 0) + batch.NewResets);
            return new(
                true,
                failures.ConvertAll(each => each.Failure is not null ? StreamItemOutcome.Malformed : each.Replayed ? StreamItemOutcome.Replayed : StreamItemOutcome.Accepted),
                failures.ConvertAll(each => each.Failure?.Code));
        }
    }

    private CommandFailure? Write(StreamItem item, out bool replayed)
    {
        replayed = false;
        if (item.Accept is not { } change)
        {
            return item.Failure;
        }

        switch (store.Insert(change))
        {
            case ChangeOutcome.Committed:
                return null;
            case ChangeOutcome.Rejected:
                replayed = change.Rejection is IdempotencyHit { Same: true };
                return replayed ? null : CommandFailure.KeyTaken;
            case ChangeOutcome.Conflict:
                return CommandFailure.IdTaken;
            default:
                throw new InvalidOperationException("A new row is written, rejected or there already.");
        }
    }
}
