using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Due rows by org and lane.</summary>
public sealed partial class MemoryDeliveries
{
    private int _dueRowsRead;

    /// <summary>How many due rows were read by the scans of groups.</summary>
    public int GroupRowsRead => Volatile.Read(ref _dueRowsRead);

    public ValueTask<DueGroupPage> DueByGroupAsync(IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading(() =>
        {
            var due = DueRows(shards, now).ToList();
            var page = due.Where(row => row.Group is not null && string.CompareOrdinal(row.Group, after) > 0)
                .GroupBy(row => row.Group)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Take(groups)
                .ToList();
            List<DueRow> rows = [.. after is null ? due.Where(row => row.Group is null) : [], .. page.SelectMany(group => group.Take(each))];
            Interlocked.Add(ref _dueRowsRead, rows.Count);
            return new DueGroupPage(rows, page.Count == groups ? page[^1].Key : null);
        }));
    }

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<DueRow>>(() =>
        {
            List<DueRow> rows = [.. DueRows(shards, now).Where(row => row.Group == group).Take(limit)];
            Interlocked.Add(ref _dueRowsRead, rows.Count);
            return rows;
        }));
    }

    protected override string? GroupOf(DeliveryState state) =>
        state.Status is DeliveryStatus.Scheduled or DeliveryStatus.Queued or DeliveryStatus.Rendered ? LaneName.Of(state.Org.Value, state.Urgent) : null;
}
