using Mailroom.Actors.Streams;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Records of refused entries. An entry that is read and refused once more is recorded already.</summary>
internal sealed class MalformedRows
{
    private const string Sql = """
        INSERT INTO malformed_commands (
            stream, entry_id, recorded_at, failure_code, failure_message, delivery_id, source, raw_fields, raw_truncated)
        SELECT m.stream, m.entry_id, m.recorded_at, m.failure_code, m.failure_message, m.delivery_id, m.source, m.raw_fields, m.raw_truncated
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY AS m(
            stream, entry_id, recorded_at, failure_code, failure_message, delivery_id, source, raw_fields, raw_truncated, ord)
        ORDER BY m.ord
        ON CONFLICT (stream, entry_id, failure_code) DO NOTHING
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _stream, _entry, _code, _message;
    private readonly Column<long> _at;
    private readonly Column<string?> _delivery, _source;
    private readonly Column<ReadOnlyMemory<byte>> _raw;
    private readonly Column<bool> _truncated;

    public MalformedRows()
    {
        _statement.Command.CommandText = Sql;
        (_stream, _entry, _at) = (_statement.Text(), _statement.Text(), _statement.Time());
        (_code, _message) = (_statement.Text(), _statement.Text());
        (_delivery, _source) = (_statement.TextOrNull(), _statement.TextOrNull());
        (_raw, _truncated) = (_statement.Memory(), _statement.Bool());
    }

    public int Count => _stream.Count;

    public NpgsqlBatchCommand Command => _statement.Command;

    public void Clear() => _statement.Clear();

    public void Add(MalformedCommand malformed)
    {
        _stream.Add(malformed.Stream);
        _entry.Add(malformed.EntryId.ToString());
        _at.Add(malformed.RecordedAt);
        _code.Add(malformed.FailureCode);
        _message.Add(StoredText.Clean(malformed.FailureMessage)!);
        _delivery.Add(StoredText.Clean(malformed.DeliveryId));
        _source.Add(StoredText.Clean(malformed.Source));
        _raw.Add(malformed.RawFields);
        _truncated.Add(malformed.RawTruncated);
    }
}
