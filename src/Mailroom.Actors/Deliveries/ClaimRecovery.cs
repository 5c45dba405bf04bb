using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// Finds the attempts that an incarnation was making which is no member any more, and tells their deliveries. Nobody knows how far
/// such an attempt went, so it becomes uncertain and the delivery's policy decides (G2, G8).
/// </summary>
/// <param name="isRunning">Whether an attempt is being made here after all, begun under an earlier incarnation of this very process: it reports its end itself.</param>
public sealed class ClaimRecovery(IActorHost host, IDeliveryStore store, RetryLadder ladder, TimeProvider clock, Func<ClaimToken, bool> isRunning)
{
    private const int PageSize = 500;

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    /// <summary>Tells every delivery of <paramref name="shards"/> that is claimed by an incarnation that is no member, and returns how many there were.</summary>
    public async Task<int> RunAsync(IReadOnlyList<int> shards, CancellationToken cancel)
    {
        var told = 0;
        for (string? after = null; ;)
        {
            var page = await PageAsync(shards, after, cancel).ConfigureAwait(false);
            foreach (var row in page.Where(row => !isRunning(row.Token)))
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

    private async ValueTask<IReadOnlyList<ClaimedRow>> PageAsync(IReadOnlyList<int> shards, string? after, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await store.LostClaimsAsync(shards, after, PageSize, cancel).ConfigureAwait(false);
            }
            catch (StoreUnavailableException)
            {
                await clock.DelayAsync(Wait, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A shard that was lost meanwhile takes nothing either; whoever has it recovers it.</summary>
    private async ValueTask TellAsync(ClaimedRow row, CancellationToken cancel)
    {
        while (!host.Tell(Delivery.Kind, row.Id, new ClaimLapsed(row.Token, OwnerLost: true, ladder)))
        {
            await clock.DelayAsync(Wait, cancel).ConfigureAwait(false);
        }
    }
}
