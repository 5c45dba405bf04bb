using Mailroom.Actors.Deliveries;
using Mailroom.Data.Changes;

namespace Mailroom.Data.Sqlite;

/// <summary>The events of a change that have rows of their own.</summary>
internal static class EventWrites
{
    private const string Sql = "INSERT INTO delivery_events (delivery_id, version, ord, occurred_at, type, status, detail) VALUES (?, ?, ?, ?, ?, ?, ?)";

    public static void Write(SqliteDatabase database, DeliveryChange change)
    {
        var last = DeliveryChanges.LastOwnEvent(change);
        for (var ord = 0; ord <= last; ord++)
        {
            var happened = change.Events[ord];
            if (DeliveryChanges.HasRow(happened))
            {
                // Only an attempt that begins changes the status after a change's last event of its own.
                var status = ord == change.Events.Count - 1 ? change.After.Status : DeliveryChanges.StatusAfter(change, ord);
                database.Statement(Sql)
                    .Bind(change.Id).Bind(change.NewVersion).Bind(ord).Bind(happened.OccurredAt).Bind(happened.Name).Bind(status.Name())
                    .Bind(DeliveryChanges.Detail(happened))
                    .Run();
            }
        }
    }
}
