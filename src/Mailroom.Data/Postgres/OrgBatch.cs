using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Orgs: one statement writes the new ones and the changed ones, and gives the positions (from 1) of those it left out.</summary>
internal sealed class OrgBatch
{
    // A row that is to be new must not be there, any other has to be at the version before.
    private const string Sql = $"""
        WITH written AS (
            INSERT INTO orgs AS o ({OrgRow.Columns})
            SELECT {OrgRow.Columns}
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) AS c({OrgRow.Columns}, shard, epoch)
            WHERE ((c.shard, c.epoch) IN (SELECT shard, epoch FROM shards)) IS TRUE
              AND (c.version = 1 OR EXISTS (SELECT FROM orgs o WHERE o.org_id = c.org_id AND o.version = c.version - 1))
            ON CONFLICT (org_id) DO UPDATE SET
                version = excluded.version, name = excluded.name, created_at = excluded.created_at, updated_at = excluded.updated_at,
                rps = excluded.rps, on_uncertain = excluded.on_uncertain,
                paused_at = excluded.paused_at, paused_by = excluded.paused_by, paused_reason = excluded.paused_reason,
                hold_until = excluded.hold_until, window_holder = excluded.window_holder, window_until = excluded.window_until,
                window_wishes = excluded.window_wishes, create_token = excluded.create_token
                WHERE o.version = excluded.version - 1
            RETURNING org_id
        )
        SELECT a.ord FROM unnest($1) WITH ORDINALITY AS a(org_id, ord) WHERE a.org_id NOT IN (SELECT org_id FROM written)
        """;

    private readonly ColumnStatement _statement = new();
    private readonly Column<string> _id, _name;
    private readonly Column<long> _version, _created, _updated;
    private readonly Column<int?> _rps;
    private readonly Column<string?> _onUncertain, _pausedBy, _pausedReason, _wishes;
    private readonly Column<long?> _pausedAt, _holdUntil, _windowHolder, _windowUntil;
    private readonly Column<long> _token, _epoch;
    private readonly Column<short> _shard;
    private readonly List<int> _positions = [];

    public OrgBatch()
    {
        _statement.Command.CommandText = Sql;
        (_id, _version, _name) = (_statement.Text(), _statement.Long(), _statement.Text());
        (_created, _updated) = (_statement.Time(), _statement.Time());
        (_rps, _onUncertain) = (_statement.IntOrNull(), _statement.TextOrNull());
        (_pausedAt, _pausedBy, _pausedReason) = (_statement.TimeOrNull(), _statement.TextOrNull(), _statement.TextOrNull());
        (_holdUntil, _windowHolder, _windowUntil) = (_statement.TimeOrNull(), _statement.LongOrNull(), _statement.TimeOrNull());
        _wishes = _statement.TextOrNull();
        (_token, _shard, _epoch) = (_statement.Long(), _statement.Short(), _statement.Long());
    }

    /// <summary>Returns how many bytes it is about.</summary>
    public long Add(OrgChange change, int position)
    {
        var after = change.After;
        _positions.Add(position);
        _id.Add(StoredText.Exact(change.Id, "org id"));
        _version.Add(change.NewVersion);
        _name.Add(StoredText.Clean(after.Name)!);
        _created.Add(after.CreatedAt);
        _updated.Add(after.UpdatedAt);
        _rps.Add(after.Rps);
        _onUncertain.Add(after.OnUncertain?.Name());
        _pausedAt.Add(after.Pause?.Since);
        _pausedBy.Add(StoredText.Clean(after.Pause?.By));
        _pausedReason.Add(StoredText.Clean(after.Pause?.Reason));
        _holdUntil.Add(after.HoldUntil);
        _windowHolder.Add(after.Window?.Holder);
        _windowUntil.Add(after.Window?.Until);
        _wishes.Add(OrgRow.Text(after.Wishes));
        _token.Add(after.CreateToken);
        _shard.Add(checked((short)change.Shard));
        _epoch.Add(change.Epoch);
        return 0;
    }

    public void AppendTo(NpgsqlBatchCommandCollection commands)
    {
        if (_positions.Count > 0)
        {
            commands.Add(_statement.Command);
        }
    }

    /// <summary>Reads this batch's results, and adds the positions of the changes that were left out.</summary>
    public ValueTask ReadAsync(NpgsqlDataReader results, List<int> leftOut, CancellationToken cancel) =>
        BatchResults.ReadAsync(results, _positions, leftOut, cancel);

    public void Clear()
    {
        _statement.Clear();
        _positions.Clear();
    }
}
