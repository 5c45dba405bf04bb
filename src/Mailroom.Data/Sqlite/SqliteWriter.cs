using System.Collections.Concurrent;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Sqlite;

/// <summary>
/// The one connection that writes, on a thread of its own: a flush to disk blocks, and must not block a thread of the pool.
/// Work is done in the order in which it came.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>The kernel commits one batch at a time; the rest is keys and migrations.</summary>
    private const int MostWaiting = 64;

    private readonly BlockingCollection<Work> _waiting = new(MostWaiting);
    private readonly SqliteDatabase _database;
    private readonly TimeSpan _timeout;
    private readonly Thread _thread;

    public SqliteWriter(SqliteDatabase database, TimeSpan timeout)
    {
        _database = database;
        _timeout = timeout;
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite writer" };
        _thread.Start();
    }

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction. What it does outside of the database has to wait for the result: after a timeout
    /// it may still be running.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be durable.</exception>
    public async ValueTask<T> RunAsync<T>(string doing, Func<SqliteDatabase, T> write, TimeSpan? timeout, CancellationToken cancel)
    {
        var work = new Work<T>(doing, write);
        if (!_waiting.TryAdd(work))
        {
            throw new StoreUnavailableException($"Too much waits to be written to the database file for {doing}.");
        }

        try
        {
            return await work.Done.WaitAsync(timeout ?? _timeout, cancel);
        }
        catch (TimeoutException late)
        {
            work.Abandon();
            throw new StoreUnavailableException($"The database file did not answer in time while {doing}.", late);
        }
        catch (OperationCanceledException)
        {
            work.Abandon();
            throw;
        }
    }

    /// <summary>Does what waits already, then closes the connection.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
        _database.Dispose();
    }

    private void Run()
    {
        foreach (var work in _waiting.GetConsumingEnumerable())
        {
            work.Run(_database);
        }
    }

    private abstract class Work
    {
        public abstract void Run(SqliteDatabase database);
    }

    private sealed class Work<T>(string doing, Func<SqliteDatabase, T> write) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _abandoned;

        public Task<T> Done => _done.Task;

        /// <summary>Nobody waits any more: not to be begun.</summary>
        public void Abandon() => _abandoned = true;

        public override void Run(SqliteDatabase database)
        {
            if (_abandoned)
            {
                return;
            }

            try
            {
                database.Statement("BEGIN IMMEDIATE").Run();
                var result = write(database);
                database.Statement("COMMIT").Run();
                _done.TrySetResult(result);
            }
            catch (Exception failure)
            {
                Fail(database, failure);
            }
        }

        private void Fail(SqliteDatabase database, Exception failure)
        {
            try
            {
                database.Rollback();
            }
            catch (Microsoft.Data.Sqlite.SqliteException rollback)
            {
                failure = rollback;
            }

            _done.TrySetException(SqliteFailure.Unavailable(failure, doing) ?? failure);
        }
    }
}
