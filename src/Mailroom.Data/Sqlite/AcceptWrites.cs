using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

/// <summary>One new delivery: its key, its row, its payload, its recipients and its events.</summary>
internal static class AcceptWrites
{
    private const string ExistsSql = "SELECT 1 FROM deliveries WHERE delivery_id = ?";

    private const string KeySql = """
        INSERT INTO idempotency (org_id, source, key, delivery_id, fingerprint, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (org_id, source, key) DO UPDATE
            SET delivery_id = excluded.delivery_id, fingerprint = excluded.fingerprint, created_at = excluded.created_at, expires_at = excluded.expires_at
            WHERE idempotency.expires_at <= excluded.created_at
        """;

    private const string HolderSql = "SELECT delivery_id, fingerprint FROM idempotency WHERE org_id = ? AND source = ? AND key = ?";

    private const string DeliverySql = """
        INSERT INTO deliveries (
            delivery_id, org_id, source, status, version, shard, created_at, updated_at, next_attempt_at, scheduled_at, expires_at, on_uncertain,
            accept_token, last_attempt_no, claim_incarnation, claim_sequence, claim_deadline, claimed_at, recipient_count,
            urgent, parent_id, trace_parent, template_id)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
        ON CONFLICT (delivery_id) DO NOTHING
        """;

    private const string PayloadSql = "INSERT INTO delivery_payloads (delivery_id, content) VALUES (?, ?)";

    private const string RecipientSql = "INSERT INTO delivery_recipients (delivery_id, position, kind, address, created_at) VALUES (?, ?, ?, ?, ?)";

    private const string RepeatedSql = "UPDATE dead_letters SET repeated_by = ?2 WHERE delivery_id = ?1";

    public static Verdict Write(SqliteDatabase database, DeliveryChange change)
    {
        var accepted = DeliveryChanges.Acceptance(change);
        var (after, command) = (change.After, accepted.Command);
        var id = StoredText.Exact(change.Id, "delivery id");
        if (command.Idempotency is { } reservation)
        {
            if (Exists(database, id))
            {
                return new(ChangeOutcome.Conflict);
            }

            if (Reserve(database, change, accepted, reservation) is { } taken)
            {
                return new(ChangeOutcome.Rejected, taken);
            }
        }

        var insert = database.Statement(DeliverySql)
            .Bind(id).Bind(StoredText.Exact(after.Org.Value, "org id")).Bind(StoredText.Exact(after.Source, "source")).Bind(after.Status.Name())
            .Bind(change.Shard).Bind(after.CreatedAt).Bind(after.DueAt).Bind(command.ScheduledAt).Bind(after.ExpiresAt).Bind(after.OnUncertain.Name())
            .Bind(after.AcceptToken).Bind(after.LastAttemptNo).Bind(after.Claim?.Token.Incarnation).Bind(after.Claim?.Token.Sequence)
            .Bind(after.Claim?.Deadline).Bind(after.Claim is null ? null : after.ClaimedAt.UnixMilliseconds).Bind(after.RecipientCount)
            .Bind(after.Urgent).Bind(after.Parent?.Value).Bind(StoredText.Clean(after.TraceParent)).Bind(StoredText.Clean(command.Request.Template?.Id));
        insert.Run();
        if (insert.Changes == 0)
        {
            return new(ChangeOutcome.Conflict);
        }

        database.Statement(PayloadSql).Bind(id).Bind(command.Payload.Span).Run();
        var recipient = database.Statement(RecipientSql);
        for (var position = 0; position < after.RecipientCount; position++)
        {
            recipient.Bind(id).Bind(position).Bind(command.Request.RecipientKind(position))
                .Bind(StoredText.Clean(command.Request.Recipient(position).Address)).Bind(after.CreatedAt).Run();
        }

        if (after.Parent is { } parent)
        {
            database.Statement(RepeatedSql).Bind(parent.Value).Bind(id).Run();
        }

        EventWrites.Write(database, change);
        return new(ChangeOutcome.Committed);
    }

    private static bool Exists(SqliteDatabase database, string id)
    {
        var statement = database.Statement(ExistsSql).Bind(id);
        var exists = statement.Read();
        statement.Reset();
        return exists;
    }

    /// <summary>Takes the key, or says who has it.</summary>
    private static IdempotencyHit? Reserve(SqliteDatabase database, DeliveryChange change, DeliveryAccepted accepted, IdempotencyReservation reservation)
    {
        var (org, source) = (change.After.Org.Value, change.After.Source);
        var key = StoredText.Exact(reservation.Key, "idempotency key");
        var take = database.Statement(KeySql)
            .Bind(org).Bind(source).Bind(key).Bind(change.Id).Bind(reservation.Fingerprint).Bind(accepted.OccurredAt).Bind(reservation.ExpiresAt);
        take.Run();
        if (take.Changes > 0)
        {
            return null;
        }

        var holder = database.Statement(HolderSql).Bind(org).Bind(source).Bind(key);
        if (!holder.Read())
        {
            throw new InvalidOperationException("A key that is taken has no holder.");
        }

        var hit = new IdempotencyHit(new(holder.Text(0)), holder.Bytes(1).AsSpan().SequenceEqual(reservation.Fingerprint));
        holder.Reset();
        return hit;
    }
}
