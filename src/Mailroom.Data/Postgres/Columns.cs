using Mailroom.Actors.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace Mailroom.Data.Postgres;

/// <summary>One column of a batch: an array parameter whose memory is used again by the next batch.</summary>
internal abstract class Column(NpgsqlParameter parameter)
{
    public NpgsqlParameter Parameter => parameter;

    public abstract void Clear();
}

internal sealed class Column<T> : Column
{
    /// <summary>What a column keeps between batches at most.</summary>
    private const int KeptCapacity = 4096;

    private readonly List<T> _values;

    public Column(NpgsqlDbType element)
        : this(element, [])
    {
    }

    private Column(NpgsqlDbType element, List<T> values)
        : base(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element }) => _values = values;

    public int Count => _values.Count;

    public void Add(T value) => _values.Add(value);

    public override void Clear()
    {
        _values.Clear();
        if (_values.Capacity > KeptCapacity)
        {
            _values.Capacity = 0;
        }
    }
}

/// <summary>A statement over columns. Column n is the parameter $n, in the order in which they are asked for.</summary>
internal sealed class ColumnStatement
{
    private readonly List<Column> _columns = [];

    public NpgsqlBatchCommand Command { get; } = new();

    public Column<string> Text() => Add(new Column<string>(NpgsqlDbType.Text));

    public Column<string?> TextOrNull() => Add(new Column<string?>(NpgsqlDbType.Text));

    public Column<long> Long() => Add(new Column<long>(NpgsqlDbType.Bigint));

    public Column<long?> LongOrNull() => Add(new Column<long?>(NpgsqlDbType.Bigint));

    public Column<int> Int() => Add(new Column<int>(NpgsqlDbType.Integer));

    public Column<int?> IntOrNull() => Add(new Column<int?>(NpgsqlDbType.Integer));

    public Column<short> Short() => Add(new Column<short>(NpgsqlDbType.Smallint));

    public Column<bool> Bool() => Add(new Column<bool>(NpgsqlDbType.Boolean));

    public Column<byte[]> Bytes() => Add(new Column<byte[]>(NpgsqlDbType.Bytea));

    /// <summary>Bytes that somebody else owns and leaves alone until the batch is written.</summary>
    public Column<ReadOnlyMemory<byte>> Memory() => Add(new Column<ReadOnlyMemory<byte>>(NpgsqlDbType.Bytea));

    /// <summary>In the database's own count: see <see cref="PostgresTime"/>.</summary>
    public Column<long> Time() => Add(new Column<long>(NpgsqlDbType.TimestampTz));

    public Column<long?> TimeOrNull() => Add(new Column<long?>(NpgsqlDbType.TimestampTz));

    /// <summary>A single number beside the columns.</summary>
    public NpgsqlParameter<long> Number()
    {
        var parameter = new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint };
        Command.Parameters.Add(parameter);
        return parameter;
    }

    public void Clear()
    {
        foreach (var column in _columns)
        {
            column.Clear();
        }
    }

    private Column<T> Add<T>(Column<T> column)
    {
        _columns.Add(column);
        Command.Parameters.Add(column.Parameter);
        return column;
    }
}

internal static class TimeColumns
{
    public static void Add(this Column<long> column, Instant at) => column.Add(PostgresTime.ToMicroseconds(at));

    public static void Add(this Column<long?> column, Instant? at) => column.Add(PostgresTime.ToMicroseconds(at));
}
