using Mailroom.Actors.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace Mailroom.Data.Postgres;

/// <summary>Typed parameters of reads.</summary>
internal static class Parameters
{
    public static NpgsqlParameter Of(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Of(bool value) => new NpgsqlParameter<bool> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Boolean };

    public static NpgsqlParameter Of(byte[] value) => new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Of(Instant value) =>
        new NpgsqlParameter<long> { TypedValue = PostgresTime.ToMicroseconds(value), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Of(Instant? value) => value is { } at
        ? Of(at)
        : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Of(IReadOnlyList<string> values) =>
        new NpgsqlParameter<string[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    public static NpgsqlParameter Of(IReadOnlyList<Instant> values) => new NpgsqlParameter<long[]>
    {
        TypedValue = [.. values.Select(PostgresTime.ToMicroseconds)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
    };

    public static NpgsqlParameter Of(IReadOnlyList<long> values) =>
        new NpgsqlParameter<long[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    /// <summary>Numbers of shards.</summary>
    public static NpgsqlParameter Of(IReadOnlyList<int> values)
    {
        var shards = new short[values.Count];
        for (var index = 0; index < shards.Length; index++)
        {
            shards[index] = checked((short)values[index]);
        }

        return new NpgsqlParameter<short[]> { TypedValue = shards, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };
    }
}
