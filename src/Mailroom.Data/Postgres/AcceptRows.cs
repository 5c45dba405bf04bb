using Mailroom.Actors.Deliveries;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>New deliveries: one statement writes delivery, payload, recipients and event of all, and gives the positions (from 1) of those it left out.</summary>
internal sealed class AcceptRows
{
    // Few of many rows fail the fence or exist already, so what hangs on them is written without looking while all are in. The
    // "IS TRUE" keeps the planner from making joins of the lookups: it would guess their size, and a hash is right for any.
    private const string Sql = """
        WITH fresh AS (
            INSERT INTO deliveries (
                delivery_id, org_id, source, status, version, shard, created_at, updated_at, next_attempt_at, scheduled_at, expires_at,
                on_uncertain, accept_token, last_attempt_no, claim_incarnation, claim_sequence, claim_deadline, claimed_at, recipient_count,
                urgent, parent_id, trace_parent, template_id)
            SELECT c.delivery_id, c.org_id, c.source, c.status, 1, c.shard, c.created_at, c.created_at, c.next_attempt_at, c.scheduled_at, c.expires_at,
                c.on_uncertain, c.accept_token, CASE WHEN c.claim_sequence IS NULL THEN 0 ELSE 1 END, c.claim_incarnation, c.claim_sequence,
                c.claim_deadline, CASE WHEN c.claim_sequence IS NULL THEN NULL ELSE c.created_at END, c.recipient_count,
                c.urgent, c.parent_id, c.trace_parent, c.template_id
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) AS c(
                delivery_id, org_id, source, status, shard, epoch, created_at, next_attempt_at, scheduled_at, expires_at,
                on_uncertain, accept_token, claim_incarnation, claim_sequence, claim_deadline, recipient_count, key,
                urgent, parent_id, trace_parent, template_id)
            WHERE ((c.shard, c.epoch) IN (SELECT shard, epoch FROM shards)) IS TRUE
              AND (c.key IS NULL OR EXISTS (
                SELECT FROM idempotency i
                WHERE i.org_id = c.org_id AND i.source = c.source AND i.key = c.key AND i.delivery_id = c.delivery_id AND i.xmin = pg_current_xact_id()::xid))
            ON CONFLICT (delivery_id) DO NOTHING
            RETURNING delivery_id, status, created_at
        ), events AS (
            INSERT INTO delivery_events (delivery_id, version, ord, occurred_at, type, status)
            SELECT delivery_id, 1, 0, created_at, 'accepted', CASE status WHEN 'scheduled' THEN 'scheduled' ELSE 'queued' END FROM fresh
        ), payloads AS (
            INSERT INTO delivery_payloads (delivery_id, org_id, source, created_at, template_id, content)
            SELECT p.delivery_id, p.org_id, p.source, p.created_at, p.template_id, p.content
            FROM unnest($1, $2, $3, $7, $21, $22) AS p(delivery_id, org_id, source, created_at, template_id, content)
            WHERE (SELECT count(*) FROM fresh) = $28 OR (p.delivery_id IN (SELECT delivery_id FROM fresh)) IS TRUE
        ), recipients AS (
            INSERT INTO delivery_recipients (delivery_id, position, kind, address, created_at)
            SELECT r.delivery_id, r.position, r.kind, r.address, r.created_at
            FROM unnest($23, $24, $25, $26, $27) AS r(delivery_id, position, kind, address, created_at)
            WHERE (SELECT count(*) FROM fresh) = $28 OR (r.delivery_id IN (SELECT delivery_id FROM fresh)) IS TRUE
        )
        SELECT a.ord FROM unnest($1) WITH ORDINALITY AS a(delivery_id, ord)
        WHERE (SELECT count(*) FROM fresh) <> $28 AND (a.delivery_id IN (SELECT delivery_id FROM fresh)) IS NOT TRUE
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _id, _org, _source, _status;
    private readonly Column<short> _shard;
    private readonly Column<long> _epoch, _created;
    private readonly Column<long?> _due, _scheduled, _expires;
    private readonly Column<string> _onUncertain;
    private readonly Column<long> _token;
    private readonly Column<long?> _incarnation, _sequence, _deadline;
    private readonly Column<int> _recipients;
    private readonly Column<string?> _key;
    private readonly Column<bool> _urgent;
    private readonly Column<string?> _parent, _trace, _template;
    private readonly Column<ReadOnlyMemory<byte>> _content;
    private readonly Column<string> _recipientOf;
    private readonly Column<int> _position;
    private readonly Column<string> _kind, _address;
    private readonly Column<long> _recipientSince;
    private readonly NpgsqlParameter<long> _count;

    public AcceptRows()
    {
        _statement.Command.CommandText = Sql;
        (_id, _org, _source, _status) = (_statement.Text(), _statement.Text(), _statement.Text(), _statement.Text());
        (_shard, _epoch) = (_statement.Short(), _statement.Long());
        (_created, _due, _scheduled, _expires) = (_statement.Time(), _statement.TimeOrNull(), _statement.TimeOrNull(), _statement.TimeOrNull());
        (_onUncertain, _token) = (_statement.Text(), _statement.Long());
        (_incarnation, _sequence, _deadline) = (_statement.LongOrNull(), _statement.LongOrNull(), _statement.TimeOrNull());
        (_recipients, _key) = (_statement.Int(), _statement.TextOrNull());
        (_urgent, _parent, _trace, _template) = (_statement.Bool(), _statement.TextOrNull(), _statement.TextOrNull(), _statement.TextOrNull());
        _content = _statement.Memory();
        (_recipientOf, _position, _kind, _address) = (_statement.Text(), _statement.Int(), _statement.Text(), _statement.Text());
        _recipientSince = _statement.Time();
        _count = _statement.Number();
    }

    public int Count => _id.Count;

    public NpgsqlBatchCommand Command
    {
        get
        {
            _count.TypedValue = Count;
            return _statement.Command;
        }
    }

    public void Clear() => _statement.Clear();

    /// <exception cref="UnstorableException">The change is not an acceptance.</exception>
    public void Add(DeliveryChange change, DeliveryAccepted accepted)
    {
        var (after, command) = (change.After, accepted.Command);
        _id.Add(StoredText.Exact(change.Id, "delivery id"));
        _org.Add(StoredText.Exact(after.Org.Value, "org id"));
        _source.Add(StoredText.Exact(after.Source, "source"));
        _status.Add(after.Status.Name());
        _shard.Add(checked((short)change.Shard));
        _epoch.Add(change.Epoch);
        _created.Add(after.CreatedAt);
        _due.Add(after.DueAt);
        _scheduled.Add(command.ScheduledAt);
        _expires.Add(after.ExpiresAt);
        _onUncertain.Add(after.OnUncertain.Name());
        _token.Add(after.AcceptToken);
        _incarnation.Add(after.Claim?.Token.Incarnation);
        _sequence.Add(after.Claim?.Token.Sequence);
        _deadline.Add(after.Claim?.Deadline);
        _recipients.Add(after.RecipientCount);
        _key.Add(command.Idempotency?.Key);
        _urgent.Add(after.Urgent);
        _parent.Add(after.Parent?.Value);
        _trace.Add(StoredText.Clean(after.TraceParent));
        _template.Add(StoredText.Clean(command.Request.Template?.Id));
        _content.Add(command.Payload);
        for (var position = 0; position < after.RecipientCount; position++)
        {
            _recipientOf.Add(change.Id);
            _position.Add(position);
            _kind.Add(command.Request.RecipientKind(position));
            _address.Add(StoredText.Clean(command.Request.Recipient(position).Address)!);
            _recipientSince.Add(after.CreatedAt);
        }
    }
}
