using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mailroom.Data.Sqlite;

/// <summary>One connection to the file with its prepared statements, used by one thread at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>Statements kept at most; listings make a few dozen different ones.</summary>
    private const int MostStatements = 128;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    private SqliteDatabase(SqliteConnection connection) => _connection = connection;

    private sqlite3 Handle => _connection.Handle ?? throw new ObjectDisposedException(nameof(SqliteDatabase));

    /// <summary>A connection that writes. Every commit is flushed to the disk before it returns.</summary>
    public static SqliteDatabase Write(string path) => Open(
        path,
        SqliteOpenMode.ReadWriteCreate,
        """
        PRAGMA busy_timeout = 1000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA cache_size = -32768;
        PRAGMA temp_store = MEMORY;
        """);

    public static SqliteDatabase Read(string path) => Open(
        path,
        SqliteOpenMode.ReadWrite,
        """
        PRAGMA busy_timeout = 1000;
        PRAGMA query_only = ON;
        PRAGMA cache_size = -8192;
        PRAGMA temp_store = MEMORY;
        """);

    /// <summary>The prepared statement of <paramref name="sql"/>, ready to be bound.</summary>
    public SqliteStatement Statement(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
        {
            return statement;
        }

        if (_statements.Count == MostStatements)
        {
            ForgetStatements();
        }

        return _statements[sql] = new(Handle, sql);
    }

    /// <summary>Runs several statements without parameters.</summary>
    public void Script(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Stops what runs on this connection, from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(Handle);

    /// <summary>Takes back what a failed transaction did. SQLite may have done so itself already.</summary>
    public void Rollback()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Reset();
        }

        if (raw.sqlite3_get_autocommit(Handle) == 0)
        {
            Statement("ROLLBACK").Run();
        }
    }

    public void Dispose()
    {
        ForgetStatements();
        _connection.Dispose();
    }

    private static SqliteDatabase Open(string path, SqliteOpenMode mode, string settings)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            var database = new SqliteDatabase(connection);
            database.Script(settings);
            database.CheckMode();
            return database;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Reads the file for the first time: SQLite says nothing of what it did not do at a pragma.</summary>
    /// <exception cref="SqliteException">The file is not a database, or the file system cannot share memory, which the log needs.</exception>
    private void CheckMode()
    {
        var mode = SqliteReads.Rows(this, "SELECT journal_mode FROM pragma_journal_mode, (SELECT count(*) FROM sqlite_schema)", _ => { }, row => row.Text(0))[0];
        if (mode != "wal")
        {
            throw new SqliteException($"The file's journal mode is '{mode}' and cannot be made 'wal': put it on a local file system.", raw.SQLITE_CANTOPEN);
        }
    }

    private void ForgetStatements()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
    }
}
