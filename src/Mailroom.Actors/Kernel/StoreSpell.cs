namespace Mailroom.Actors.Kernel;

/// <summary>Whether the store answers at present, and the waits while it does not.</summary>
internal sealed class StoreSpell(KernelOptions options, TimeProvider clock, IKernelEvents events)
{
    private int _failing;

    public bool IsAvailable => Volatile.Read(ref _failing) == 0;

    public void Succeeded()
    {
        if (Volatile.Read(ref _failing) != 0 && Interlocked.Exchange(ref _failing, 0) != 0)
        {
            events.StoreRecovered();
        }
    }

    /// <summary>Waits before try number <paramref name="failures"/> + 1.</summary>
    public async ValueTask FailedAsync(Exception why, int failures, CancellationToken cancel)
    {
        if (Interlocked.Exchange(ref _failing, 1) == 0)
        {
            events.StoreFailed(why);
        }

        var wait = options.FirstStoreWait * Math.Pow(2, Math.Min(failures, 16));
        await clock.DelayAsync(wait < options.LongestStoreWait ? wait : options.LongestStoreWait, cancel).ConfigureAwait(false);
    }
}
