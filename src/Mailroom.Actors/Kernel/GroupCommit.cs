namespace Mailroom.Actors.Kernel;

/// <summary>
/// The one writer of a store: whatever changes gathered while its last transaction ran are the next one.
/// </summary>
internal sealed class GroupCommit(ICommitStore store, IScheduler scheduler, KernelOptions options, StoreSpell spell, IKernelEvents events)
    : Gathering<Change>(scheduler), IDisposable
{
    private readonly CancellationTokenSource _abandon = new();

    public void Add(Change change) => Gather(change);

    /// <summary>Stops trying against a store that fails: what is not durable then stays unsettled.</summary>
    public void Abandon() => _abandon.Cancel();

    public void Dispose() => _abandon.Cancel();

    protected override async ValueTask RoundAsync(List<Change> round)
    {
        for (var start = 0; start < round.Count; start += options.CommitBatch)
        {
            var slice = new Slice(round, start, Math.Min(options.CommitBatch, round.Count - start));
            await CommitAsync(slice).ConfigureAwait(false);
            Settle(slice);
        }
    }

    private async ValueTask CommitAsync(Slice slice)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                await store.CommitAsync(slice, _abandon.Token).ConfigureAwait(false);
                spell.Succeeded(StoreSide.Writes);
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
            await spell.FailedAsync(StoreSide.Writes, why, failures, _abandon.Token).ConfigureAwait(false);
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
        spell.Succeeded(StoreSide.Writes);
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
