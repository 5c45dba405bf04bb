using System.Collections.Concurrent;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Queries;
using Microsoft.Data.Sqlite;

namespace Mailroom.Data.Sqlite;

/// <summary>A few connections for reads. They see what was committed and never wait for the writer.</summary>
internal sealed class SqliteReads : IDisposable
{
    private readonly ConcurrentBag<SqliteDatabase> _idle = [];
    private readonly SemaphoreSlim _free;
    private readonly SqliteOptions _options;

    public SqliteReads(SqliteOptions options)
    {
        _options = options;
        _free = new(options.Readers);
    }

    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    public async ValueTask<T> RunAsync<T>(string doing, Func<SqliteDatabase, T> read, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(_options.OperationTimeout);
        try
        {
            await _free.WaitAsync(deadline.Token);
            try
            {
                return await Task.Run(() => Read(read, deadline.Token), deadline.Token);
            }
            finally
            {
                _free.Release();
            }
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested && Unavailable(failure, doing) is { } unavailable)
        {
            throw unavailable;
        }
        catch (SqliteException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
    }

    /// <summary>Every row of one statement.</summary>
    public ValueTask<List<T>> RowsAsync<T>(
        string doing, string sql, Action<SqliteStatement> bind, Func<SqliteStatement, T> map, CancellationToken cancel) =>
        RunAsync(doing, database => Rows(database, sql, bind, map), cancel);

    /// <summary>Every row of a query that was put together.</summary>
    public ValueTask<List<T>> RowsAsync<T>(string doing, Query query, Func<SqliteStatement, T> map, CancellationToken cancel) => RowsAsync(
        doing,
        query.Sql,
        statement =>
        {
            foreach (var argument in query.Arguments)
            {
                _ = argument switch
                {
                    { Text: { } text } => statement.Bind(text),
                    { Time: { } time } => statement.Bind(time),
                    { Number: var number } => statement.Bind(number),
                };
            }
        },
        map,
        cancel);

    public static List<T> Rows<T>(SqliteDatabase database, string sql, Action<SqliteStatement> bind, Func<SqliteStatement, T> map)
    {
        var statement = database.Statement(sql);
        var rows = new List<T>();
        try
        {
            bind(statement);
            while (statement.Read())
            {
                rows.Add(map(statement));
            }
        }
        finally
        {
            statement.Reset();
        }

        return rows;
    }

    /// <summary>The rows of several ids, one look-up each: in the same process that costs no round trip.</summary>
    public static List<T> EachId<T>(SqliteDatabase database, string sql, IReadOnlyList<string> ids, Func<SqliteStatement, T> map)
    {
        var statement = database.Statement(sql);
        var rows = new List<T>(ids.Count);
        try
        {
            foreach (var id in ids)
            {
                statement.Bind(id);
                while (statement.Read())
                {
                    rows.Add(map(statement));
                }
            }
        }
        finally
        {
            statement.Reset();
        }

        return rows;
    }

    /// <summary>Waits for the reads that run.</summary>
    public void Dispose()
    {
        for (var reader = 0; reader < _options.Readers; reader++)
        {
            _free.Wait();
        }

        while (_idle.TryTake(out var database))
        {
            database.Dispose();
        }

        _free.Dispose();
    }

    private static StoreUnavailableException? Unavailable(Exception failure, string doing) => failure is OperationCanceledException
        ? new($"The database file did not answer in time while {doing}.", failure)
        : SqliteFailure.Unavailable(failure, doing);

    private T Read<T>(Func<SqliteDatabase, T> read, CancellationToken stop)
    {
        if (!_idle.TryTake(out var database))
        {
            database = SqliteDatabase.Read(_options.Path);
        }

        try
        {
            // Left before the connection goes to the next reader, who must not be interrupted in this one's place.
            using (stop.UnsafeRegister(static connection => ((SqliteDatabase)connection!).Interrupt(), database))
            {
                return read(database);
            }
        }
        finally
        {
            _idle.Add(database);
        }
    }
}
