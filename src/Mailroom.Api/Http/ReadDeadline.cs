using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>The time that a request's reads may take; also ends where the caller hangs up.</summary>
internal sealed class ReadDeadline : IDisposable
{
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;

    public ReadDeadline(HttpContext context, TimeSpan timeout, TimeProvider clock)
    {
        _timeout = new CancellationTokenSource(timeout, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, context.RequestAborted);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>The time is over.</summary>
    public bool HasPassed => _timeout.IsCancellationRequested;

    public void Dispose()
    {
        _either.Dispose();
        _timeout.Dispose();
    }
}
