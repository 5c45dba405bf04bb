using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Sqlite;

/// <summary>The epochs of the shards within one transaction, each read once.</summary>
internal sealed class EpochFence(SqliteDatabase database)
{
    private const string Sql = "SELECT epoch FROM shards WHERE shard = ?";

    private readonly Dictionary<int, long> _epochs = [];

    public bool Holds(Change change)
    {
        if (!_epochs.TryGetValue(change.Shard, out var epoch))
        {
            var statement = database.Statement(Sql).Bind(change.Shard);
            epoch = statement.Read() ? statement.Number(0) : 0;
            statement.Reset();
            _epochs[change.Shard] = epoch;
        }

        return epoch == change.Epoch;
    }
}
