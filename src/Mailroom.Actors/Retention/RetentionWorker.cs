using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Actors.Retention;

/// <summary>
/// Deletes what was kept long enough: ended deliveries with all that belongs to them, malformed commands, idempotency keys that
/// ran out (D20, D21). The only part of Mailroom that deletes mail from the database (D33).
/// </summary>
/// <param name="store">Deletes batches.</param>
/// <param name="options">How long and how often.</param>
/// <param name="isOwner">Whether this node is the one that does it. Asked before every batch.</param>
/// <param name="clock">Times and waits.</param>
/// <param name="draw">Random numbers from 0 to 1, for the jitter.</param>
/// <param name="events">What operators should hear.</param>
public sealed class RetentionWorker(
    IRetention store, RetentionOptions options, Func<bool> isOwner, TimeProvider clock, Func<double> draw, IRetentionEvents events)
{
    private delegate ValueTask<int> DeleteBatch(Instant before, int limit, CancellationToken cancel);

    /// <summary>A pass now and one at every interval, until <paramref name="stopping"/>; then it returns at once. Each batch is a transaction of its own, so nothing is left half done.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var since = clock.GetTimestamp();
            await PassAsync(stopping).ConfigureAwait(false);
            var left = options.Interval + (options.Interval * (options.Jitter * draw())) - clock.GetElapsedTime(since);
            await WaitAsync(left > options.Breath ? left : options.Breath, stopping).ConfigureAwait(false);
        }
    }

    private async ValueTask PassAsync(CancellationToken stopping)
    {
        if (!isOwner())
        {
            return;
        }

        var since = clock.GetTimestamp();
        var now = clock.Now();
        try
        {
            var deliveries = await DeleteAsync(store.DeleteDeliveriesAsync, Before(now, options.Deliveries), stopping).ConfigureAwait(false);
            var malformed = await DeleteAsync(store.DeleteMalformedAsync, Before(now, options.Malformed), stopping).ConfigureAwait(false);
            var keys = await DeleteAsync(store.DeleteKeysAsync, now, stopping).ConfigureAwait(false);
            events.PassEnded(new(deliveries, malformed, keys, clock.GetElapsedTime(since)));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops: what is left is found by the next start's first pass.
        }
        catch (Exception why)
        {
            events.PassFaulted(why);
        }
    }

    /// <summary>Batches until one is not full. A store that fails is waited for, and then asked for less: it may have been too much for its time limit.</summary>
    private async ValueTask<long> DeleteAsync(DeleteBatch delete, Instant before, CancellationToken stopping)
    {
        var deleted = 0L;
        var failures = 0;
        var limit = options.Batch;
        while (isOwner())
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                var batch = await delete(before, limit, stopping).ConfigureAwait(false);
                deleted += batch;
                failures = 0;
                if (batch < limit)
                {
                    break;
                }
            }
            catch (StoreUnavailableException why)
            {
                if (failures == 0)
                {
                    events.StoreFailed(why);
                }

                limit = Math.Max(limit / 2, options.LeastBatch);
                await WaitAsync(StoreWait(failures++), stopping).ConfigureAwait(false);
                continue;
            }

            await WaitAsync(options.Breath, stopping).ConfigureAwait(false);
        }

        return deleted;
    }

    private TimeSpan StoreWait(int failures)
    {
        var wait = options.FirstStoreWait * Math.Pow(2, Math.Min(failures, 16));
        return wait < options.LongestStoreWait ? wait : options.LongestStoreWait;
    }

    private async ValueTask WaitAsync(TimeSpan wait, CancellationToken stopping) =>
        await Task.Delay(wait, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static Instant Before(Instant now, TimeSpan kept) => new(now.UnixMilliseconds - (long)kept.TotalMilliseconds);
}
