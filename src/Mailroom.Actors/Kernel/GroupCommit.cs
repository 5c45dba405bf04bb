namespace Mailroom.Actors.Kernel;

/// <summary>
/// The one writer of a store. It takes whatever changes gathered while its last transaction ran and writes them as one:
/// no timer, so a lone change waits for nothing and a flood shares its flushes.
/// </summary>
internal sealed class GroupCommit(ICommitStore store, IScheduler scheduler, KernelOptions options, StoreSpell spell, IKernelEvents events)
    : IThreadPoolWorkItem, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abandon = new();
    private List<Change> _gathering = new(256);
    private List<Change> _writing = new(256);
    private bool _running;

    public void Add(Change change)
    {
        lock (_gate)
        {
            _gathering.Add(change);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        scheduler.Run(this);
    }

    public void Execute() => _ = DrainAsync();

    /// <summary>Stops trying against a store that fails: what is not durable then stays unsettled.</summary>
    public void Abandon() => _abandon.Cancel();

    public void Dispose() => _abandon.Cancel();

    private async Task DrainAsync()
    {
        while (TakeGathered())
        {
            for (var start = 0; start < _writing.Count; start += options.CommitBatch)
            {
                var slice = new Slice(_writing, start, Math.Min(options.CommitBatch, _writing.Count - start));
                await CommitAsync(slice).ConfigureAwait(false);
                Settle(slice);
            }

            _writing.Clear();
        }
    }

    private bool TakeGathered()
    {
        lock (_gate)
        {
            if (_gathering.Count == 0)
            {
                _running = false;
                return false;
            }

            (_gathering, _writing) = (_writing, _gathering);
            return true;
        }
    }

    private async ValueTask CommitAsync(Slice slice)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                await store.CommitAsync(slice, _abandon.Token).ConfigureAwait(false);
                spell.Succeeded();
                return;
            }
            catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
            {
                Unsettle(slice);
                return;
            }
            catch (StoreUnavailableException why)
            {
                Unsettle(slice);
                if (!await WaitAsync(why, failures).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (Exception why)
            {
                await BlameAsync(slice, why).ConfigureAwait(false);
                return;
            }
        }
    }

    private async ValueTask<bool> WaitAsync(StoreUnavailableException why, int failures)
    {
        try
        {
            await spell.FailedAsync(why, failures, _abandon.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Some change of the slice cannot be written: halves it until that one stands alone, so that its neighbours go through.</summary>
    private async ValueTask BlameAsync(Slice slice, Exception why)
    {
        if (slice.Count == 1)
        {
            slice[0].Outcome = ChangeOutcome.Poisoned;
            events.ChangePoisoned(slice[0].Kind, slice[0].Id, why);
            return;
        }

        var half = slice.Count / 2;
        await CommitAsync(slice.Part(0, half)).ConfigureAwait(false);
        await CommitAsync(slice.Part(half, slice.Count - half)).ConfigureAwait(false);
    }

    /// <summary>What the store noted before it failed is not known to be durable.</summary>
    private static void Unsettle(Slice slice)
    {
        for (var i = 0; i < slice.Count; i++)
        {
            slice[i].Outcome = ChangeOutcome.Pending;
        }
    }

    private static void Settle(Slice slice)
    {
        for (var i = 0; i < slice.Count; i++)
        {
            slice[i].Owner?.Settled(slice[i]);
        }

        for (var i = 0; i < slice.Count; i++)
        {
            slice[i].Owner?.Wake();
        }
    }

    private sealed class Slice(List<Change> all, int start, int count) : IReadOnlyList<Change>
    {
        public int Count => count;

        public Change this[int index] => all[start + index];

        public Slice Part(int from, int length) => new(all, start + from, length);

        public IEnumerator<Change> GetEnumerator()
        {
            for (var i = 0; i < count; i++)
            {
                yield return all[start + i];
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
