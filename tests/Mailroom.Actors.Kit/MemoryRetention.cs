using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Actors.Kit;

/// <summary>Rows by their age in three lists, deleted by the batch; and what was asked of it.</summary>
public sealed class MemoryRetention(TimeProvider clock) : IRetention
{
    public sealed record Call(string What, Instant At, Instant Before, int Deleted);

    public List<Instant> Deliveries { get; } = [];

    public List<Instant> Malformed { get; } = [];

    public List<Instant> Keys { get; } = [];

    public List<Call> Calls { get; } = [];

    /// <summary>Asked before every batch: an exception to throw instead, or null.</summary>
    public Func<string, Exception?>? Fault { get; set; }

    /// <summary>Larger batches take longer than the store allows.</summary>
    public int Most { get; set; } = int.MaxValue;

    /// <summary>Batches do not answer until their caller gives up.</summary>
    public bool Hangs { get; set; }

    public ValueTask<int> DeleteDeliveriesAsync(Instant before, int limit, CancellationToken cancel) => DeleteAsync("deliveries", Deliveries, before, limit, cancel);

    public ValueTask<int> DeleteMalformedAsync(Instant before, int limit, CancellationToken cancel) => DeleteAsync("malformed", Malformed, before, limit, cancel);

    public ValueTask<int> DeleteKeysAsync(Instant before, int limit, CancellationToken cancel) => DeleteAsync("keys", Keys, before, limit, cancel);

    private async ValueTask<int> DeleteAsync(string what, List<Instant> rows, Instant before, int limit, CancellationToken cancel)
    {
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancel).ConfigureAwait(false);
        }

        if (Fault?.Invoke(what) is { } fault)
        {
            throw fault;
        }

        if (limit > Most)
        {
            throw new StoreUnavailableException("The database did not answer in time.");
        }

        var old = rows.Where(row => row < before).Take(limit).ToList();
        old.ForEach(row => rows.Remove(row));
        Calls.Add(new(what, clock.Now(), before, old.Count));
        return old.Count;
    }
}
