using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>Reads the payloads that attempts need: whatever gathered while the last read ran, in one round trip.</summary>
internal sealed class PayloadReads(IDeliveryStore store, IScheduler scheduler) : IThreadPoolWorkItem
{
    private const int LargestBatch = 64;

    private readonly Lock _gate = new();
    private readonly Queue<Wanted> _gathering = new();
    private bool _running;

    /// <summary>The payload, or null when it is not stored (any more).</summary>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    public Task<StoredPayload?> ReadAsync(string id)
    {
        var wanted = new Wanted(id, new());
        lock (_gate)
        {
            _gathering.Enqueue(wanted);
            if (!_running)
            {
                _running = true;
                scheduler.Run(this);
            }
        }

        return wanted.Found.Task;
    }

    public void Execute() => _ = DrainAsync();

    private async Task DrainAsync()
    {
        while (Take() is { Count: > 0 } batch)
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

    private List<Wanted> Take()
    {
        lock (_gate)
        {
            var batch = new List<Wanted>(Math.Min(_gathering.Count, LargestBatch));
            while (batch.Count < LargestBatch && _gathering.TryDequeue(out var wanted))
            {
                batch.Add(wanted);
            }

            _running = batch.Count > 0;
            return batch;
        }
    }

    private sealed record Wanted(string Id, TaskCompletionSource<StoredPayload?> Found);
}
