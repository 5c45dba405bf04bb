namespace Mailroom.Data.Postgres;

/// <summary>
/// The end of a call to the server: its time is over, or whoever asked has gone. Npgsql asks the server to stop a call on the thread that
/// cancels it, and waits there for an answer, as long as a connection may take. Whoever cancels must not wait for a server that says nothing,
/// least of all a shutdown, so the call is stopped on a thread of its own.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _gone;

    public CallDeadline(TimeSpan timeout, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _source = new(timeout);
        _gone = cancel.UnsafeRegister(static source => ThreadPool.UnsafeQueueUserWorkItem(Cancel, (CancellationTokenSource)source!, preferLocal: false), _source);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _gone.Dispose();
        _source.Dispose();
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call was over before.
            return;
        }
    }
}
