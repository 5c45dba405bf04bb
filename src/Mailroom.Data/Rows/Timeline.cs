using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Rows;

/// <summary>
/// A delivery's timeline out of its three sources: its events, its ended attempts, and its claim while one runs. Several
/// entries of one millisecond keep the order in which they happened, which is the order of versions.
/// </summary>
internal sealed class Timeline
{
    /// <summary>By version and order. What an attempt's end led to has the same version as the end, and follows it.</summary>
    public const string EventColumns = "version, ord, occurred_at, type, status, detail";

    /// <summary>By attempt number.</summary>
    public const string AttemptColumns = "version, started_at, ended_at, status, reason";

    private readonly List<TimelineEntry> _entries = [];
    private readonly Queue<(long Version, TimelineEntry Entry)> _events = [];

    public void AddEvent<TRow>(TRow row)
        where TRow : IRow => _events.Enqueue(
            (row.Number(0), new(row.Time(2), row.Text(3), StoredNames.Delivery(row.Text(4)), row.TextOrNull(5))));

    /// <summary>After all events.</summary>
    public void AddAttempt<TRow>(TRow row)
        where TRow : IRow
    {
        TakeEventsBefore(row.Number(0));
        AddStart(row.Time(1));
        _entries.Add(new(row.Time(2), "attempt_ended", DeliveryStatus.Sending, row.TextOrNull(4) ?? row.Text(3)));
    }

    /// <summary>After all attempts; <paramref name="runningSince"/>: the start of the attempt that has not ended.</summary>
    public IReadOnlyList<TimelineEntry> Finish(Instant? runningSince)
    {
        TakeEventsBefore(long.MaxValue);
        if (runningSince is { } since)
        {
            AddStart(since);
        }

        return _entries;
    }

    private void TakeEventsBefore(long version)
    {
        while (_events.TryPeek(out var next) && next.Version < version)
        {
            _entries.Add(_events.Dequeue().Entry);
        }
    }

    /// <summary>Providers may have reported on the mail while the attempt ran: the start belongs before their words.</summary>
    private void AddStart(Instant at)
    {
        var place = _entries.Count;
        while (place > 0 && _entries[place - 1].At > at && _entries[place - 1].Event != "attempt_ended")
        {
            place--;
        }

        _entries.Insert(place, new(at, "attempt_started", DeliveryStatus.Sending, null));
    }
}
