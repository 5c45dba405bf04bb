using Mailroom.Actors.Deliveries;
using Mailroom.Data.Changes;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Every other move of stored deliveries: claims, cancellations, providers' words. Gives the positions (from 1) of those it left out.</summary>
internal sealed class StepRows
{
    private const string Sql = $"""
        WITH moved AS (
            UPDATE deliveries AS d SET {MoveColumns.Assignments},
                scheduled_at = COALESCE(c.scheduled_at, d.scheduled_at), last_attempt_no = c.last_attempt_no, last_attempt = c.last_attempt,
                claim_incarnation = c.claim_incarnation, claim_sequence = c.claim_sequence, claim_deadline = c.claim_deadline, claimed_at = c.claimed_at
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) AS c(
                {MoveColumns.Names}, scheduled_at, last_attempt_no, last_attempt, claim_incarnation, claim_sequence, claim_deadline, claimed_at)
            WHERE {MoveColumns.Condition}
            RETURNING c.*
        ), events AS (
            {MoveColumns.InsertEvents}
        )
        SELECT a.ord FROM unnest($1) WITH ORDINALITY AS a(delivery_id, ord)
        WHERE (SELECT count(*) FROM moved) <> $22 AND (a.delivery_id IN (SELECT delivery_id FROM moved)) IS NOT TRUE
        """;

    private readonly ColumnStatement _statement = new();
    private readonly MoveColumns _move;
    private readonly Column<long?> _scheduled;
    private readonly Column<int> _attemptNo;
    private readonly Column<string?> _attempt;
    private readonly Column<long?> _incarnation, _sequence, _deadline, _claimed;
    private readonly NpgsqlParameter<long> _count;

    public StepRows()
    {
        _statement.Command.CommandText = Sql;
        _move = new(_statement);
        (_scheduled, _attemptNo, _attempt) = (_statement.TimeOrNull(), _statement.Int(), _statement.TextOrNull());
        (_incarnation, _sequence) = (_statement.LongOrNull(), _statement.LongOrNull());
        (_deadline, _claimed) = (_statement.TimeOrNull(), _statement.TimeOrNull());
        _count = _statement.Number();
    }

    public int Count => _move.Count;

    public NpgsqlBatchCommand Command
    {
        get
        {
            _count.TypedValue = Count;
            return _statement.Command;
        }
    }

    public void Clear() => _statement.Clear();

    public void Add(DeliveryChange change)
    {
        var after = change.After;
        _move.Add(change);
        _scheduled.Add(DeliveryChanges.MovedTo(change));
        _attemptNo.Add(after.LastAttemptNo);
        _attempt.Add(after.LastAttempt?.Name());
        _incarnation.Add(after.Claim?.Token.Incarnation);
        _sequence.Add(after.Claim?.Token.Sequence);
        _deadline.Add(after.Claim?.Deadline);
        _claimed.Add(after.Claim is null ? null : PostgresTime.ToMicroseconds(after.ClaimedAt));
    }
}
