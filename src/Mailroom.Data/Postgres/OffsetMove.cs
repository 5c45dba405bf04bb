using Mailroom.Actors.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Mailroom.Data.Postgres;

/// <summary>Moves a stream's offset, and gives a row where it was the expected one and this node owns the stream's shard. Fences all that follows.</summary>
internal sealed class OffsetMove
{
    private const string Sql = """
        INSERT INTO streams AS s (stream, offset_id, entries, updated_at, gaps, resets)
        SELECT $1, $2, $3, $4, $5, $6 FROM shards h
        WHERE h.shard = $7 AND h.epoch = $8 AND ($9::text IS NULL OR EXISTS (SELECT FROM streams e WHERE e.stream = $1))
        ON CONFLICT (stream) DO UPDATE
            SET offset_id = excluded.offset_id, entries = excluded.entries, updated_at = excluded.updated_at,
                gaps = s.gaps + excluded.gaps, resets = s.resets + excluded.resets
            WHERE s.offset_id = $9
        RETURNING 1
        """;

    private readonly NpgsqlBatchCommand _command = new(Sql);
    private readonly NpgsqlParameter<string> _stream = Text(), _next = Text();
    private readonly NpgsqlParameter<string?> _expected = new() { NpgsqlDbType = NpgsqlDbType.Text };
    private readonly NpgsqlParameter<long> _entries = Number(NpgsqlDbType.Bigint), _at = Number(NpgsqlDbType.TimestampTz);
    private readonly NpgsqlParameter<long> _gaps = Number(NpgsqlDbType.Bigint), _resets = Number(NpgsqlDbType.Bigint), _epoch = Number(NpgsqlDbType.Bigint);
    private readonly NpgsqlParameter<short> _shard = new() { NpgsqlDbType = NpgsqlDbType.Smallint };

    public OffsetMove()
    {
        foreach (var parameter in new NpgsqlParameter[] { _stream, _next, _entries, _at, _gaps, _resets, _shard, _epoch, _expected })
        {
            _command.Parameters.Add(parameter);
        }
    }

    public NpgsqlBatchCommand Fill(StreamBatch batch)
    {
        (_stream.TypedValue, _next.TypedValue, _expected.TypedValue) = (batch.Stream, batch.Next.ToString(), batch.Expected?.ToString());
        (_entries.TypedValue, _at.TypedValue) = (batch.Entries, PostgresTime.ToMicroseconds(batch.At));
        (_gaps.TypedValue, _resets.TypedValue) = (batch.NewGaps, batch.NewResets);
        (_shard.TypedValue, _epoch.TypedValue) = (checked((short)batch.Shard), batch.Epoch);
        return _command;
    }

    private static NpgsqlParameter<string> Text() => new() { NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Number(NpgsqlDbType type) => new() { NpgsqlDbType = type };
}
