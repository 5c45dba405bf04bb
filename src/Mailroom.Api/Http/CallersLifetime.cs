using Microsoft.Extensions.Hosting;

namespace Mailroom.Api.Http;

/// <summary>
/// A listener lives as long as its caller wants. The framework's own lifetime would take the process's signals for itself and
/// stop a listener before the caller's orderly shutdown asks for it.
/// </summary>
public sealed class CallersLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
