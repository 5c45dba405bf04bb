using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>Reads the payloads that attempts need, several in one round trip.</summary>
internal sealed class PayloadReads(IDeliveryStore store, IScheduler scheduler) : Gathering<WantedPayload>(scheduler)
{
    private const int LargestBatch = 64;

    /// <summary>The payload, or null when it is not stored (any more).</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    public Task<StoredPayload?> ReadAsync(string id)
    {
        var wanted = new WantedPayload(id, new());
        Gather(wanted);
        return wanted.Found.Task;
    }

    protected override async ValueTask RoundAsync(List<WantedPayload> round)
    {
        for (var start = 0; start < round.Count; start += LargestBatch)
        {
            await ReadAsync(round.GetRange(start, Math.Min(LargestBatch, round.Count - start))).ConfigureAwait(false);
        }
    }

    private async ValueTask ReadAsync(List<WantedPayload> batch)
    {
        try
        {
            var found = await store.PayloadsAsync(batch.ConvertAll(wanted => wanted.Id), CancellationToken.None).ConfigureAwait(false);
            foreach (var wanted in batch)
            {
                wanted.Found.TrySetResult(found.GetValueOrDefault(wanted.Id));
            }
        }
        catch (Exception why)
        {
            foreach (var wanted in batch)
            {
                wanted.Found.TrySetException(why);
            }
        }
    }
}

internal sealed record WantedPayload(string Id, TaskCompletionSource<StoredPayload?> Found);
