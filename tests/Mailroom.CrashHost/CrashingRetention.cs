using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.CrashHost;

/// <summary>The point <c>after deletion</c> of a batch of deliveries that was not empty.</summary>
internal sealed class CrashingRetention(IRetention retention, CrashPoint crash) : IRetention
{
    public async ValueTask<int> DeleteDeliveriesAsync(Instant before, int limit, CancellationToken cancel)
    {
        var deleted = await retention.DeleteDeliveriesAsync(before, limit, cancel).ConfigureAwait(false);
        if (deleted > 0)
        {
            crash.Pass("after deletion");
        }

        return deleted;
    }

    public ValueTask<int> DeleteMalformedAsync(Instant before, int limit, CancellationToken cancel) => retention.DeleteMalformedAsync(before, limit, cancel);

    public ValueTask<int> DeleteKeysAsync(Instant before, int limit, CancellationToken cancel) => retention.DeleteKeysAsync(before, limit, cancel);
}
