using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Sqlite;

/// <summary>One move of a stored delivery: its row, its ended attempt, its events, and what only few moves bring.</summary>
internal static class MoveWrites
{
    private const string MoveSql = """
        UPDATE deliveries SET
            status = ?3, version = ?2 + 1, updated_at = ?4, next_attempt_at = ?5, scheduled_at = COALESCE(?6, scheduled_at), attempts_made = ?7,
            last_attempt_no = ?8, last_attempt = ?9, claim_incarnation = ?10, claim_sequence = ?11, claim_deadline = ?12, claimed_at = ?13,
            reported = ?14, has_rendered = ?15, mixed = ?16
        WHERE delivery_id = ?1 AND version = ?2
        """;

    private const string AttemptSql = """
        INSERT INTO attempts (
            delivery_id, attempt_no, version, status, counted, started_at, ended_at, reason, reply_code, enhanced_code, provider_summary, remote_host,
            provider_message_id, conversation, provider)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string RecipientSql = "UPDATE delivery_recipients SET status = ?3, detail = ?4 WHERE delivery_id = ?1 AND position = ?2";

    private const string RenderedSql = "UPDATE delivery_payloads SET rendered = ?2 WHERE delivery_id = ?1";

    private const string DeadLetterSql = """
        INSERT INTO dead_letters (
            delivery_id, org_id, source, final_attempt_no, failure_classification, provider_summary, created_at, recovery_hint)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """;

    public static Verdict Write(SqliteDatabase database, DeliveryChange change)
    {
        var end = DeliveryChanges.End(change);
        var after = change.After;
        var move = database.Statement(MoveSql)
            .Bind(change.Id).Bind(change.ExpectedVersion).Bind(after.Status.Name()).Bind(DeliveryChanges.At(change)).Bind(after.DueAt)
            .Bind(DeliveryChanges.MovedTo(change)).Bind(after.AttemptsMade).Bind(after.LastAttemptNo).Bind(after.LastAttempt?.Name())
            .Bind(after.Claim?.Token.Incarnation).Bind(after.Claim?.Token.Sequence).Bind(after.Claim?.Deadline)
            .Bind(after.Claim is null ? null : after.ClaimedAt.UnixMilliseconds).Bind(after.Reported?.Name()).Bind(after.HasRendered).Bind(!after.Recipients.IsEmpty);
        move.Run();
        if (move.Changes == 0)
        {
            return new(ChangeOutcome.Conflict);
        }

        if (end is not null)
        {
            WriteAttempt(database, change, end);
        }

        EventWrites.Write(database, change);
        WriteRest(database, change, after, end);
        return new(ChangeOutcome.Committed);
    }

    private static void WriteAttempt(SqliteDatabase database, DeliveryChange change, AttemptEnded end)
    {
        var report = end.Report;
        database.Statement(AttemptSql)
            .Bind(change.Id).Bind(end.AttemptNo).Bind(change.NewVersion).Bind(report.Status.Name()).Bind(end.Counted).Bind(end.StartedAt).Bind(end.OccurredAt)
            .Bind(StoredText.Clean(report.Reason)).Bind(report.ReplyCode).Bind(StoredText.Clean(report.EnhancedCode)).Bind(StoredText.Clean(report.Summary))
            .Bind(StoredText.Clean(report.RemoteHost)).Bind(StoredText.Clean(report.ProviderMessageId)).Bind(StoredText.Clean(report.Conversation))
            .Bind(StoredText.Clean(report.Provider))
            .Run();
    }

    private static void WriteRest(SqliteDatabase database, DeliveryChange change, DeliveryState after, AttemptEnded? end)
    {
        foreach (var recipient in RecipientWrite.Of(change))
        {
            database.Statement(RecipientSql).Bind(change.Id).Bind(recipient.Position).Bind(recipient.Status.Name()).Bind(recipient.Detail).Run();
        }

        if (end?.Report.Rendered is { } rendered)
        {
            database.Statement(RenderedSql).Bind(change.Id).Bind(PayloadCodec.Encode(rendered)).Run();
        }

        if (DeadLetter.Of(change, end) is { } dead)
        {
            database.Statement(DeadLetterSql)
                .Bind(change.Id).Bind(after.Org.Value).Bind(after.Source).Bind(dead.FinalAttemptNo).Bind(dead.FailureClassification).Bind(dead.ProviderSummary)
                .Bind(dead.CreatedAt).Bind(dead.RecoveryHint)
                .Run();
        }
    }
}
