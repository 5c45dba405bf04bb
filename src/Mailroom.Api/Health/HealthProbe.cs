using Mailroom.Actors;
using Mailroom.Api.Http;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Health;

/// <summary>Asks the store whether it is well, at most once at a time and not again within a moment, however many ask here.</summary>
internal sealed class HealthProbe(IStoreAdmin store, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Believed = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private Task<bool>? _check;
    private long _checkedAt;

    public Task<bool> IsStoreHealthyAsync()
    {
        lock (_gate)
        {
            if (_check is null || (_check.IsCompleted && clock.GetElapsedTime(_checkedAt) >= Believed))
            {
                _checkedAt = clock.GetTimestamp();
                _check = CheckAsync();
            }

            return _check;
        }
    }

    private async Task<bool> CheckAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        try
        {
            return await store.IsHealthyAsync(timeout.Token).AsTask().WaitAsync(timeout.Token);
        }
        catch (Exception error)
        {
            ApiLog.StoreUnhealthy(log, error);
            return false;
        }
    }
}
