using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// Finds the attempts that an earlier incarnation was making when it died, and tells their deliveries. Nobody knows how far
/// such an attempt went, so it becomes uncertain and the delivery's policy decides (G2, G8).
/// </summary>
public sealed class ClaimRecovery(IActorHost host, IDeliveryStore store, RetryLadder ladder, TimeProvider clock)
{
    private const int PageSize = 500;

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    /// <summary>Tells every delivery that is claimed by another incarnation, and returns how many there were.</summary>
    public async Task<int> RunAsync(IReadOnlyList<int> shards, long incarnation, CancellationToken cancel)
    {
        var told = 0;
        for (string? after = null; ;)
        {
            var page = await PageAsync(shards, incarnation, after, cancel).ConfigureAwait(false);
            foreach (var row in page)
            {
                await TellAsync(row, cancel).ConfigureAwait(false);
            }

            told += page.Count;
            if (page.Count < PageSize)
            {
                return told;
            }

            after = page[^1].Id;
        }
    }

    private async ValueTask<IReadOnlyList<ClaimedRow>> PageAsync(IReadOnlyList<int> shards, long incarnation, string? after, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await store.ClaimedElsewhereAsync(shards, incarnation, after, PageSize, cancel).ConfigureAwait(false);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Wait, clock, cancel).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask TellAsync(ClaimedRow row, CancellationToken cancel)
    {
        while (!host.Tell(Delivery.Kind, row.Id, new ClaimLapsed(row.Token, OwnerLost: true, ladder)))
        {
            await Task.Delay(Wait, clock, cancel).ConfigureAwait(false);
        }
    }
}
