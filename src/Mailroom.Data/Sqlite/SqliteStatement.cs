using System.Buffers;
using System.Text;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;
using SQLitePCL;

namespace Mailroom.Data.Sqlite;

/// <summary>
/// A prepared statement of one connection, used by one thread at a time. Below ADO.NET, because a commit runs many small
/// statements and there a command costs more than its work.
/// </summary>
internal sealed class SqliteStatement : IRow, IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Rows that the last run of this connection's statements changed.</summary>
    public int Changes => raw.sqlite3_changes(_database);

    /// <summary>Binds the next parameter.</summary>
    public SqliteStatement Bind(string? text)
    {
        if (text is null)
        {
            return BindNull();
        }

        if (text.Length == 0)
        {
            // An empty span has no address, which would bind null.
            Check(raw.sqlite3_bind_text(_statement, ++_bound, text));
            return this;
        }

        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = length <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(length);
        var used = Encoding.UTF8.GetBytes(text, buffer);
        Check(raw.sqlite3_bind_text(_statement, ++_bound, buffer[..used]));
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return this;
    }

    public SqliteStatement Bind(long number)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, number));
        return this;
    }

    public SqliteStatement Bind(long? number) => number is { } known ? Bind(known) : BindNull();

    public SqliteStatement Bind(bool flag) => Bind(flag ? 1L : 0L);

    public SqliteStatement Bind(Instant at) => Bind(at.UnixMilliseconds);

    public SqliteStatement Bind(Instant? at) => Bind(at?.UnixMilliseconds);

    public SqliteStatement Bind(ReadOnlySpan<byte> bytes)
    {
        Check(bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_bound, 0) : raw.sqlite3_bind_blob(_statement, ++_bound, bytes));
        return this;
    }

    /// <summary>The next row, or false at the end, after which the statement can be bound again.</summary>
    public bool Read()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            var failure = SqliteFailure.Of(_database, result);
            Reset();
            throw failure;
        }

        Reset();
        return false;
    }

    /// <summary>Runs to the end.</summary>
    public void Run()
    {
        while (Read())
        {
            // What a writing statement returns is not asked for here.
        }
    }

    /// <summary>Leaves the rest of the rows and makes the statement ready to be bound again.</summary>
    public void Reset()
    {
        // Its result is that of the last step, which was seen there.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
        _bound = 0;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    public bool Flag(int column) => Number(column) != 0;

    public Instant Time(int column) => new(Number(column));

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    public void Dispose() => _statement.Dispose();

    private SqliteStatement BindNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_bound));
        return this;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw SqliteFailure.Of(_database, result);
        }
    }
}
