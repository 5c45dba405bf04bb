using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

/// <summary>
/// Writes batches of changes, each batch one transaction in one round trip: all statements are sent at once, and the server
/// commits them together when it reaches their end.
/// </summary>
internal sealed class PostgresCommitStore(PostgresConnections connections, TimeProvider clock) : ICommitStore, IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private WriterSession? _session;

    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        if (batch.Count == 0)
        {
            return;
        }

        await _turn.WaitAsync(cancel);
        try
        {
            await WriteAsync(batch, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for the commit under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        await CloseAsync();
        _turn.Dispose();
    }

    private async ValueTask WriteAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(connections.Options.CommitTimeout);
        try
        {
            var session = await OpenAsync(deadline.Token);
            await session.WriteAsync(batch, deadline.Token);
        }
        catch (Exception failure) when (failure is not UnstorableException)
        {
            // Whatever state it is in, a new connection has a known one.
            await CloseAsync();
            if (PostgresFailure.Unavailable(failure, "committing a batch", cancel) is { } unavailable)
            {
                throw unavailable;
            }

            throw;
        }
    }

    private async ValueTask<WriterSession> OpenAsync(CancellationToken cancel)
    {
        if (_session is { IsOpen: true } open && !IsOld(open))
        {
            return open;
        }

        await CloseAsync();
        return _session = new(await connections.WriteAsync(cancel), clock.GetTimestamp());
    }

    private bool IsOld(WriterSession session) =>
        connections.Options.MaxLifetime > TimeSpan.Zero && clock.GetElapsedTime(session.OpenedAt) > connections.Options.MaxLifetime;

    private async ValueTask CloseAsync()
    {
        var session = _session;
        _session = null;
        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }
}
