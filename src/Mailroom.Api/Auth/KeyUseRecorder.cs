using Mailroom.Actors;
using Mailroom.Api.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Auth;

/// <summary>Writes the last uses of keys, many at a time, and once more when the listener stops.</summary>
internal sealed class KeyUseRecorder(ApiKeyCache cache, IApiKeys keys, TimeProvider clock, TimeSpan interval, ILogger log) : BackgroundService
{
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await RecordAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RecordAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The listener stops; StopAsync writes what is left.
            return;
        }
    }

    private async Task RecordAsync(CancellationToken cancel)
    {
        var uses = cache.TakeUses();
        if (uses.Count == 0)
        {
            return;
        }

        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            timeout.CancelAfter(WriteTimeout);
            await keys.TouchAsync(uses, timeout.Token);
        }
        catch (Exception error)
        {
            // A use that is noted late is no reason to stop.
            cache.GiveBack(uses);
            ApiLog.KeyUseNotNoted(log, error, uses.Count);
        }
    }
}
