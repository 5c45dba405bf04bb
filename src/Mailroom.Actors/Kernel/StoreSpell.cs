namespace Mailroom.Actors.Kernel;

/// <summary>What is asked of a store. A full disk, a lock or a standby lets reads through and no writes, so the one says nothing about the other.</summary>
[Flags]
internal enum StoreSide
{
    None = 0,
    Reads = 1,
    Writes = 2,
}

/// <summary>Whether the store answers at present, on all sides, and the waits while it does not.</summary>
internal sealed class StoreSpell(KernelOptions options, TimeProvider clock, IKernelEvents events)
{
    private int _failing;

    public bool IsAvailable => Volatile.Read(ref _failing) == 0;

    public void Succeeded(StoreSide side)
    {
        if ((Volatile.Read(ref _failing) & (int)side) != 0 && Interlocked.And(ref _failing, ~(int)side) == (int)side)
        {
            events.StoreRecovered();
        }
    }

    /// <summary>Waits before try number <paramref name="failures"/> + 1.</summary>
    public async ValueTask FailedAsync(StoreSide side, Exception why, int failures, CancellationToken cancel)
    {
        if (Interlocked.Or(ref _failing, (int)side) == 0)
        {
            events.StoreFailed(why);
        }

        var wait = options.FirstStoreWait * Math.Pow(2, Math.Min(failures, 16));
        await clock.DelayAsync(wait < options.LongestStoreWait ? wait : options.LongestStoreWait, cancel).ConfigureAwait(false);
    }
}
