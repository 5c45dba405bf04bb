using Mailroom.Actors.Deliveries;
using Mailroom.Data.Changes;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

/// <summary>The columns $1 to $14 that every move of a stored delivery has: which row at which version, where to, and the event that tells of it.</summary>
internal sealed class MoveColumns(ColumnStatement statement)
{
    public const string Names = """
        delivery_id, version, shard, epoch, status, updated_at, next_attempt_at, attempts_made, reported, has_rendered, mixed,
        event_ord, event_type, event_detail
        """;

    public const string Assignments = """
        status = c.status, version = d.version + 1, updated_at = c.updated_at, next_attempt_at = c.next_attempt_at,
        attempts_made = c.attempts_made, reported = c.reported, has_rendered = c.has_rendered, mixed = c.mixed
        """;

    /// <summary>The row is at the expected version and the shard at the expected epoch. "IS TRUE" makes a hash of the shards, whatever their number is guessed to be.</summary>
    public const string Condition = """
        d.delivery_id = c.delivery_id AND d.version = c.version AND ((c.shard, c.epoch) IN (SELECT shard, epoch FROM shards)) IS TRUE
        """;

    /// <summary>The last event of each moved delivery; earlier ones are rare and written apart.</summary>
    public const string InsertEvents = """
        INSERT INTO delivery_events (delivery_id, version, ord, occurred_at, type, status, detail)
        SELECT delivery_id, version + 1, event_ord, updated_at, event_type, status, event_detail FROM moved WHERE event_type IS NOT NULL
        """;

    private readonly Column<string> _id = statement.Text();
    private readonly Column<long> _version = statement.Long();
    private readonly Column<short> _shard = statement.Short();
    private readonly Column<long> _epoch = statement.Long();
    private readonly Column<string> _status = statement.Text();
    private readonly Column<long> _updated = statement.Time();
    private readonly Column<long?> _due = statement.TimeOrNull();
    private readonly Column<int> _attemptsMade = statement.Int();
    private readonly Column<string?> _reported = statement.TextOrNull();
    private readonly Column<bool> _hasRendered = statement.Bool();
    private readonly Column<bool> _mixed = statement.Bool();
    private readonly Column<short> _ord = statement.Short();
    private readonly Column<string?> _type = statement.TextOrNull();
    private readonly Column<string?> _detail = statement.TextOrNull();

    public int Count => _id.Count;

    public void Add(DeliveryChange change)
    {
        var after = change.After;
        _id.Add(change.Id);
        _version.Add(change.ExpectedVersion);
        _shard.Add(checked((short)change.Shard));
        _epoch.Add(change.Epoch);
        _status.Add(after.Status.Name());
        _updated.Add(DeliveryChanges.At(change));
        _due.Add(after.DueAt);
        _attemptsMade.Add(after.AttemptsMade);
        _reported.Add(after.Reported?.Name());
        _hasRendered.Add(after.HasRendered);
        _mixed.Add(!after.Recipients.IsEmpty);

        var last = DeliveryChanges.LastOwnEvent(change);
        _ord.Add((short)Math.Max(last, 0));
        _type.Add(last < 0 ? null : change.Events[last].Name);
        _detail.Add(last < 0 ? null : DeliveryChanges.Detail(change.Events[last]));
    }
}
