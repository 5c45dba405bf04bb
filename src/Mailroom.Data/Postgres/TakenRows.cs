using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Streams;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>What stands in the way of a new delivery.</summary>
internal enum Taken
{
    Nothing,

    /// <summary>Its key is held by the same command.</summary>
    ByTheSame,

    /// <summary>Its key is held by another command.</summary>
    Key,

    /// <summary>Its id is another delivery's.</summary>
    Id,
}

/// <summary>Finds out, within the transaction, what stands in the way of new deliveries. The key is looked at first, as it tells a repeat.</summary>
internal sealed class TakenRows
{
    // A key that this transaction wrote for a delivery that it then could not write (somebody else took the id in between) holds nothing.
    private const string Sql = """
        SELECT d.delivery_id IS NOT NULL,
            CASE WHEN i.delivery_id = c.delivery_id AND i.xmin = pg_current_xact_id()::xid AND d.xmin IS DISTINCT FROM pg_current_xact_id()::xid
                THEN NULL ELSE i.fingerprint END
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS c(delivery_id, org_id, source, key, at, ord)
        LEFT JOIN deliveries d ON d.delivery_id = c.delivery_id
        LEFT JOIN idempotency i ON i.org_id = c.org_id AND i.source = c.source AND i.key = c.key AND i.expires_at > c.at
        ORDER BY c.ord
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _id, _org, _source;
    private readonly Column<string?> _key;
    private readonly Column<long> _at;

    public TakenRows()
    {
        _statement.Command.CommandText = Sql;
        (_id, _org, _source, _key, _at) = (_statement.Text(), _statement.Text(), _statement.Text(), _statement.TextOrNull(), _statement.Time());
    }

    public static IdempotencyReservation? Reservation(DeliveryChange change) => ((DeliveryAccepted)change.Events[0]).Command.Idempotency;

    /// <summary>One answer for each of <paramref name="positions"/>.</summary>
    public async ValueTask<List<Taken>> ReadAsync(NpgsqlConnection connection, IReadOnlyList<StreamItem> items, List<int> positions, CancellationToken cancel)
    {
        _statement.Clear();
        foreach (var position in positions)
        {
            var change = items[position].Accept!;
            _id.Add(change.Id);
            _org.Add(change.After.Org.Value);
            _source.Add(change.After.Source);
            _key.Add(Reservation(change)?.Key);
            _at.Add(change.After.CreatedAt);
        }

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(_statement.Command);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var answers = new List<Taken>(positions.Count);
        while (await reader.ReadAsync(cancel))
        {
            answers.Add(Answer(items[positions[answers.Count]].Accept!, new PostgresRow(reader)));
        }

        return answers.Count == positions.Count ? answers : throw new InvalidOperationException("Another number of answers than of questions.");
    }

    private static Taken Answer(DeliveryChange change, PostgresRow row) =>
        !row.IsNull(1) ? row.Bytes(1).AsSpan().SequenceEqual(Reservation(change)!.Fingerprint) ? Taken.ByTheSame : Taken.Key
        : row.Flag(0) ? Taken.Id
        : Taken.Nothing;
}
