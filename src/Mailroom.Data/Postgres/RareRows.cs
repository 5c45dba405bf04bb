using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// What only few changes bring: second events, recipients that fared differently, rendered content, dead letters. Each is a
/// statement of its own after the moves, and takes only deliveries that this very transaction has written.
/// </summary>
internal sealed class RareRows
{
    private const string Written = "EXISTS (SELECT FROM deliveries d WHERE d.delivery_id = c.delivery_id AND d.xmin = pg_current_xact_id()::xid)";

    private const string EventsSql = $"""
        INSERT INTO delivery_events (delivery_id, version, ord, occurred_at, type, status, detail)
        SELECT c.delivery_id, c.version, c.ord, c.occurred_at, c.type, c.status, c.detail
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS c(delivery_id, version, ord, occurred_at, type, status, detail)
        WHERE {Written}
        """;

    private const string RecipientsSql = $"""
        UPDATE delivery_recipients AS r SET status = c.status, detail = c.detail
        FROM unnest($1, $2, $3, $4) AS c(delivery_id, position, status, detail)
        WHERE r.delivery_id = c.delivery_id AND r.position = c.position AND {Written}
        """;

    private const string RenderedSql = $"""
        UPDATE delivery_payloads AS p SET rendered = c.rendered
        FROM unnest($1, $2) AS c(delivery_id, rendered)
        WHERE p.delivery_id = c.delivery_id AND {Written}
        """;

    private const string DeadLettersSql = $"""
        INSERT INTO dead_letters (
            delivery_id, org_id, source, final_attempt_no, failure_classification, provider_summary, created_at, recovery_hint)
        SELECT c.delivery_id, c.org_id, c.source, c.final_attempt_no, c.failure_classification, c.provider_summary, c.created_at, c.recovery_hint
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS c(
            delivery_id, org_id, source, final_attempt_no, failure_classification, provider_summary, created_at, recovery_hint)
        WHERE {Written}
        """;

    private const string RepeatsSql = $"""
        UPDATE dead_letters AS l SET repeated_by = c.delivery_id
        FROM unnest($1, $2) AS c(delivery_id, parent_id)
        WHERE l.delivery_id = c.parent_id AND {Written}
        """;

    private readonly ColumnStatement _events = new();
    private readonly Column<string> _eventOf, _type, _status;
    private readonly Column<long> _version, _occurred;
    private readonly Column<short> _ord;
    private readonly Column<string?> _eventDetail;

    private readonly ColumnStatement _recipients = new();
    private readonly Column<string> _recipientOf, _recipientStatus;
    private readonly Column<int> _position;
    private readonly Column<string?> _recipientDetail;

    private readonly ColumnStatement _rendered = new();
    private readonly Column<string> _renderedOf;
    private readonly Column<byte[]> _content;

    private readonly ColumnStatement _deadLetters = new();
    private readonly Column<string> _deadLetterOf, _deadOrg, _deadSource, _classification, _hint;
    private readonly Column<int> _finalAttempt;
    private readonly Column<string?> _summary;
    private readonly Column<long> _deadAt;

    private readonly ColumnStatement _repeats = new();
    private readonly Column<string> _repeatOf, _parent;

    public RareRows()
    {
        _events.Command.CommandText = EventsSql;
        (_eventOf, _version, _ord, _occurred) = (_events.Text(), _events.Long(), _events.Short(), _events.Time());
        (_type, _status, _eventDetail) = (_events.Text(), _events.Text(), _events.TextOrNull());

        _recipients.Command.CommandText = RecipientsSql;
        (_recipientOf, _position) = (_recipients.Text(), _recipients.Int());
        (_recipientStatus, _recipientDetail) = (_recipients.Text(), _recipients.TextOrNull());

        _rendered.Command.CommandText = RenderedSql;
        (_renderedOf, _content) = (_rendered.Text(), _rendered.Bytes());

        _deadLetters.Command.CommandText = DeadLettersSql;
        (_deadLetterOf, _deadOrg, _deadSource) = (_deadLetters.Text(), _deadLetters.Text(), _deadLetters.Text());
        (_finalAttempt, _classification) = (_deadLetters.Int(), _deadLetters.Text());
        (_summary, _deadAt, _hint) = (_deadLetters.TextOrNull(), _deadLetters.Time(), _deadLetters.Text());

        _repeats.Command.CommandText = RepeatsSql;
        (_repeatOf, _parent) = (_repeats.Text(), _repeats.Text());
    }

    /// <summary>The statements that have rows.</summary>
    public void AppendTo(NpgsqlBatchCommandCollection commands)
    {
        Append(commands, _events, _eventOf.Count);
        Append(commands, _recipients, _recipientOf.Count);
        Append(commands, _rendered, _renderedOf.Count);
        Append(commands, _deadLetters, _deadLetterOf.Count);
        Append(commands, _repeats, _repeatOf.Count);
    }

    public void Clear()
    {
        _events.Clear();
        _recipients.Clear();
        _rendered.Clear();
        _deadLetters.Clear();
        _repeats.Clear();
    }

    /// <summary>Adds the events from <paramref name="first"/> (included) to <paramref name="end"/> (excluded) that have rows.</summary>
    public void AddEvents(DeliveryChange change, int first, int end)
    {
        for (var ord = first; ord < end; ord++)
        {
            var happened = change.Events[ord];
            if (!DeliveryChanges.HasRow(happened))
            {
                continue;
            }

            _eventOf.Add(change.Id);
            _version.Add(change.NewVersion);
            _ord.Add((short)ord);
            _occurred.Add(happened.OccurredAt);
            _type.Add(happened.Name);
            _status.Add(DeliveryChanges.StatusAfter(change, ord).Name());
            _eventDetail.Add(DeliveryChanges.Detail(happened));
        }
    }

    /// <summary>A new delivery that repeats <paramref name="parent"/>.</summary>
    public void AddRepeat(DeliveryChange change, DeliveryId parent)
    {
        _repeatOf.Add(change.Id);
        _parent.Add(parent.Value);
    }

    public void AddRest(DeliveryChange change, AttemptEnded? end)
    {
        if (!change.After.Recipients.IsEmpty)
        {
            foreach (var recipient in RecipientWrite.Of(change))
            {
                _recipientOf.Add(change.Id);
                _position.Add(recipient.Position);
                _recipientStatus.Add(recipient.Status.Name());
                _recipientDetail.Add(recipient.Detail);
            }
        }

        if (end?.Report.Rendered is { } rendered)
        {
            _renderedOf.Add(change.Id);
            _content.Add(PayloadCodec.Encode(rendered));
        }

        if (change.After.Status == DeliveryStatus.DeadLetter && DeadLetter.Of(change, end) is { } dead)
        {
            _deadLetterOf.Add(change.Id);
            _deadOrg.Add(change.After.Org.Value);
            _deadSource.Add(change.After.Source);
            _finalAttempt.Add(dead.FinalAttemptNo);
            _classification.Add(dead.FailureClassification);
            _summary.Add(dead.ProviderSummary);
            _deadAt.Add(dead.CreatedAt);
            _hint.Add(dead.RecoveryHint);
        }
    }

    private static void Append(NpgsqlBatchCommandCollection commands, ColumnStatement statement, int rows)
    {
        if (rows > 0)
        {
            commands.Add(statement.Command);
        }
    }
}
