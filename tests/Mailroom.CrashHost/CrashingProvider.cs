using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.CrashHost;

/// <summary>The points <c>before call</c> and <c>after call</c> of the provider: its answer was read and is in memory only.</summary>
internal sealed class CrashingProvider(IMailProvider provider, CrashPoint crash) : IMailProvider, IAsyncDisposable
{
    public string Name => provider.Name;

    public RetryLadder Ladder => provider.Ladder;

    public async ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
    {
        crash.Pass("before call");
        var report = await provider.SendAsync(mail, stopping).ConfigureAwait(false);
        crash.Pass("after call");
        return report;
    }

    public ValueTask DisposeAsync() => (provider as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask;
}
