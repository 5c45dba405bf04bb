using System.Collections.Concurrent;
using Mailroom.Testing;

namespace Mailroom.Faults;

/// <summary>When the next hop saw each provider call begin, by its sender.</summary>
internal sealed class CallTimes
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<DateTimeOffset>> _bySender = new();

    /// <summary>For <see cref="LedgerFaults.Sender"/>: refuses nobody.</summary>
    public string? Note(string sender)
    {
        _bySender.GetOrAdd(sender, static _ => new()).Enqueue(DateTimeOffset.UtcNow);
        return null;
    }

    public int MostInASecond(string sender) => _bySender.TryGetValue(sender, out var times) ? SlidingSecond.Most([.. times.Order()]) : 0;

    public int Of(string sender) => _bySender.TryGetValue(sender, out var times) ? times.Count : 0;
}
