using System.Collections.Concurrent;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>The provider calls as the next hop saw them begin: the time of each MAIL FROM by its sender, whatever came of it.</summary>
internal sealed class CallLog
{
    private readonly ConcurrentDictionary<string, Calls> bySender = new();

    /// <summary>For <see cref="LedgerFaults.Sender"/>: refuses nobody.</summary>
    public string? Note(string sender)
    {
        bySender.GetOrAdd(sender, static _ => new()).Add();
        return null;
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<DateTimeOffset> Of(string sender) => bySender.TryGetValue(sender, out var calls) ? [.. calls.Times.Order()] : [];

    /// <summary>Waits until a sender had so many calls.</summary>
    public Task WaitFor(string sender, int count, Func<string> log, TimeSpan? within = null) => Deadline.In(within).Wait(
        bySender.GetOrAdd(sender, static _ => new()).Progress.Reached(count), $"{count} calls for {sender}", () => $"{Of(sender).Count} came.\n{log()}");

    /// <summary>The most calls that began within any one second.</summary>
    public int MostInASecond(string sender) => SlidingSecond.Most(Of(sender));

    private sealed class Calls
    {
        public ConcurrentQueue<DateTimeOffset> Times { get; } = new();

        public Milestones Progress { get; } = new();

        public void Add()
        {
            Times.Enqueue(DateTimeOffset.UtcNow);
            Progress.Add();
        }
    }
}
