using Mailroom.Actors.Deliveries;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Ended attempts: one statement moves the deliveries and appends attempt and event of each, and gives the positions (from 1) of those it left out.</summary>
internal sealed class EndRows
{
    private const string Sql = $"""
        WITH moved AS (
            UPDATE deliveries AS d SET {MoveColumns.Assignments}, last_attempt = c.attempt_status
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) AS c(
                {MoveColumns.Names}, attempt_no, attempt_status, counted, started_at, ended_at, reason, reply_code, enhanced_code,
                provider_summary, remote_host, provider_message_id, conversation, provider)
            WHERE {MoveColumns.Condition}
            RETURNING c.*
        ), ended AS (
            INSERT INTO attempts (
                delivery_id, attempt_no, version, status, counted, started_at, ended_at, reason, reply_code, enhanced_code,
                provider_summary, remote_host, provider_message_id, conversation, provider)
            SELECT delivery_id, attempt_no, version + 1, attempt_status, counted, started_at, ended_at, reason, reply_code, enhanced_code,
                provider_summary, remote_host, provider_message_id, conversation, provider
            FROM moved
        ), events AS (
            {MoveColumns.InsertEvents}
        )
        SELECT a.ord FROM unnest($1) WITH ORDINALITY AS a(delivery_id, ord)
        WHERE (SELECT count(*) FROM moved) <> $28 AND (a.delivery_id IN (SELECT delivery_id FROM moved)) IS NOT TRUE
        """;

    private readonly ColumnStatement _statement = new();
    private readonly MoveColumns _move;
    private readonly Column<int> _attemptNo;
    private readonly Column<string> _status;
    private readonly Column<bool> _counted;
    private readonly Column<long> _started, _ended;
    private readonly Column<string?> _reason;
    private readonly Column<int> _replyCode;
    private readonly Column<string?> _enhancedCode, _summary, _remoteHost, _messageId, _conversation, _provider;
    private readonly NpgsqlParameter<long> _count;

    public EndRows()
    {
        _statement.Command.CommandText = Sql;
        _move = new(_statement);
        (_attemptNo, _status, _counted) = (_statement.Int(), _statement.Text(), _statement.Bool());
        (_started, _ended) = (_statement.Time(), _statement.Time());
        (_reason, _replyCode, _enhancedCode) = (_statement.TextOrNull(), _statement.Int(), _statement.TextOrNull());
        (_summary, _remoteHost) = (_statement.TextOrNull(), _statement.TextOrNull());
        (_messageId, _conversation, _provider) = (_statement.TextOrNull(), _statement.TextOrNull(), _statement.TextOrNull());
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

    /// <exception cref="UnstorableException">The change does more than end an attempt.</exception>
    public void Add(DeliveryChange change, AttemptEnded end)
    {
        if (change.After.Claim != change.Before.Claim || change.After.LastAttempt != end.Report.Status)
        {
            throw new UnstorableException("The end of an attempt keeps the claim and becomes the delivery's last attempt.");
        }

        var report = end.Report;
        _move.Add(change);
        _attemptNo.Add(end.AttemptNo);
        _status.Add(report.Status.Name());
        _counted.Add(end.Counted);
        _started.Add(end.StartedAt);
        _ended.Add(end.OccurredAt);
        _reason.Add(StoredText.Clean(report.Reason));
        _replyCode.Add(report.ReplyCode);
        _enhancedCode.Add(StoredText.Clean(report.EnhancedCode));
        _summary.Add(StoredText.Clean(report.Summary));
        _remoteHost.Add(StoredText.Clean(report.RemoteHost));
        _messageId.Add(StoredText.Clean(report.ProviderMessageId));
        _conversation.Add(StoredText.Clean(report.Conversation));
        _provider.Add(StoredText.Clean(report.Provider));
    }
}
