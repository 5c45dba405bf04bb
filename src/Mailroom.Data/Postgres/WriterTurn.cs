using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>One connection that writes, with what is prepared on it; opened at its first use and again after a failure, used by one at a time.</summary>
internal sealed class WriterTurn<TSession>(PostgresConnections connections, TimeProvider clock, Func<NpgsqlConnection, TSession> prepare) : IAsyncDisposable
    where TSession : class
{
    private readonly SemaphoreSlim _turn = new(1);
    private NpgsqlConnection? _connection;
    private TSession? _session;
    private long _openedAt;

    /// <param name="doing">What it is for, to complete "PostgreSQL did not answer in time while …".</param>
    /// <param name="write">Leaves no transaction open, whatever it throws, unless the connection is to be closed for it.</param>
    /// <param name="cancel">Whoever asked has gone.</param>
    /// <exception cref="Mailroom.Actors.Kernel.StoreUnavailableException">Nothing is known to be durable.</exception>
    public async ValueTask<T> RunAsync<T>(string doing, Func<TSession, CancellationToken, ValueTask<T>> write, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            return await WriteAsync(doing, write, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for the write under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        await CloseAsync();
        _turn.Dispose();
    }

    private async ValueTask<T> WriteAsync<T>(string doing, Func<TSession, CancellationToken, ValueTask<T>> write, CancellationToken cancel)
    {
        using var deadline = new CallDeadline(connections.Options.CommitTimeout, cancel);
        try
        {
            return await write(await OpenAsync(deadline.Token), deadline.Token);
        }
        catch (Exception failure) when (failure is not UnstorableException)
        {
            // Whatever state it is in, a new connection has a known one.
            await CloseAsync();
            if (PostgresFailure.Unavailable(failure, doing, cancel) is { } unavailable)
            {
                throw unavailable;
            }

            throw;
        }
    }

    private async ValueTask<TSession> OpenAsync(CancellationToken cancel)
    {
        if (_session is { } session && _connection!.State == System.Data.ConnectionState.Open && !IsOld())
        {
            return session;
        }

        await CloseAsync();
        _connection = await connections.WriteAsync(cancel);
        _openedAt = clock.GetTimestamp();
        return _session = prepare(_connection);
    }

    private bool IsOld() =>
        connections.Options.MaxLifetime > TimeSpan.Zero && clock.GetElapsedTime(_openedAt) > connections.Options.MaxLifetime;

    private async ValueTask CloseAsync()
    {
        var connection = _connection;
        (_connection, _session) = (null, null);
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }
}
