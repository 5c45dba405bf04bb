using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

internal sealed class SqliteStreams(SqliteReads reads, SqliteWriter writer) : IStreamStore
{
    private const string PositionSql = $"SELECT {StreamRow.Columns} FROM streams WHERE stream = ?";

    private const string MoveSql = """
        INSERT INTO streams AS s (stream, offset_id, entries, updated_at, gaps, resets)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM shards h
        WHERE h.shard = ?7 AND h.epoch = ?8 AND (?9 IS NULL OR EXISTS (SELECT 1 FROM streams e WHERE e.stream = ?1))
        ON CONFLICT (stream) DO UPDATE
            SET offset_id = excluded.offset_id, entries = excluded.entries, updated_at = excluded.updated_at,
                gaps = s.gaps + excluded.gaps, resets = s.resets + excluded.resets
            WHERE s.offset_id = ?9
        """;

    private const string HolderSql = "SELECT fingerprint FROM idempotency WHERE org_id = ? AND source = ? AND key = ? AND expires_at > ?";

    private const string MalformedSql = """
        INSERT INTO malformed_commands (
            stream, entry_id, recorded_at, failure_code, failure_message, delivery_id, source, raw_fields, raw_truncated)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (stream, entry_id, failure_code) DO NOTHING
        """;

    public async ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading a stream's offset", PositionSql, statement => statement.Bind(stream), StreamRow.Read, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel) =>
        writer.RunAsync("committing a stream's batch", database => Write(database, batch), null, cancel);

    private static StreamBatchResult Write(SqliteDatabase database, StreamBatch batch)
    {
        var move = database.Statement(MoveSql)
            .Bind(batch.Stream).Bind(batch.Next.ToString()).Bind(batch.Entries).Bind(batch.At).Bind(batch.NewGaps).Bind(batch.NewResets)
            .Bind(batch.Shard).Bind(batch.Epoch).Bind(batch.Expected?.ToString());
        move.Run();
        if (move.Changes == 0)
        {
            return StreamBatchResult.Refused;
        }

        var verdicts = new StreamVerdicts(batch);
        for (var position = 0; position < batch.Items.Count; position++)
        {
            Write(database, batch.Items[position], position, verdicts);
        }

        foreach (var malformed in verdicts.Malformed())
        {
            database.Statement(MalformedSql)
                .Bind(malformed.Stream).Bind(malformed.EntryId.ToString()).Bind(malformed.RecordedAt).Bind(malformed.FailureCode)
                .Bind(StoredText.Clean(malformed.FailureMessage)).Bind(StoredText.Clean(malformed.DeliveryId)).Bind(StoredText.Clean(malformed.Source))
                .Bind(malformed.RawFields.Span).Bind(malformed.RawTruncated)
                .Run();
        }

        return verdicts.ToResult();
    }

    private static void Write(SqliteDatabase database, StreamItem item, int position, StreamVerdicts verdicts)
    {
        if (item.Accept is not { } change)
        {
            verdicts.Refuse(position, item.Failure!);
            return;
        }

        switch (AcceptWrites.Write(database, change))
        {
            case { Outcome: ChangeOutcome.Committed }:
                verdicts.Accept(position);
                break;
            case { Rejection: IdempotencyHit hit }:
                Settle(position, hit.Same, verdicts);
                break;
            case { Outcome: ChangeOutcome.Conflict }:
                // The id is taken; whether by this very command, its key tells.
                Settle(position, HolderIsSame(database, change), verdicts);
                break;
            case var verdict:
                throw new InvalidOperationException($"Not an outcome of a new delivery: {verdict.Outcome}.");
        }
    }

    private static void Settle(int position, bool? same, StreamVerdicts verdicts)
    {
        if (same == true)
        {
            verdicts.Replay(position);
        }
        else
        {
            verdicts.Refuse(position, same is null ? CommandFailure.IdTaken : CommandFailure.KeyTaken);
        }
    }

    /// <summary>Whether the key is held by the same content; null: nobody holds it, or there is none.</summary>
    private static bool? HolderIsSame(SqliteDatabase database, DeliveryChange change)
    {
        var accepted = (DeliveryAccepted)change.Events[0];
        if (accepted.Command.Idempotency is not { } reservation)
        {
            return null;
        }

        var holder = database.Statement(HolderSql)
            .Bind(change.After.Org.Value).Bind(change.After.Source).Bind(reservation.Key).Bind(accepted.OccurredAt);
        bool? same = holder.Read() ? holder.Bytes(0).AsSpan().SequenceEqual(reservation.Fingerprint) : null;
        holder.Reset();
        return same;
    }
}
