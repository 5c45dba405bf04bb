using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>The current row of a reader.</summary>
internal readonly struct PostgresRow(NpgsqlDataReader reader) : IRow
{
    public bool IsNull(int column) => reader.IsDBNull(column);

    public string Text(int column) => reader.GetString(column);

    public long Number(int column) => reader.GetInt64(column);

    public bool Flag(int column) => reader.GetBoolean(column);

    public Instant Time(int column) => PostgresTime.FromMicroseconds(reader.GetFieldValue<long>(column));

    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);
}

/// <summary>PostgreSQL counts microseconds from the start of 2000; whole milliseconds go there and back unchanged.</summary>
internal static class PostgresTime
{
    private const long MillisecondsTo2000 = 946_684_800_000;

    /// <exception cref="OverflowException">Further away than the database can count.</exception>
    public static long ToMicroseconds(Instant at) => checked((at.UnixMilliseconds - MillisecondsTo2000) * 1000);

    public static long? ToMicroseconds(Instant? at) => at is { } time ? ToMicroseconds(time) : null;

    public static Instant FromMicroseconds(long microseconds) => new((microseconds / 1000) + MillisecondsTo2000);
}
