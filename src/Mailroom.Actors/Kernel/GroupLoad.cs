namespace Mailroom.Actors.Kernel;

/// <summary>Reads the rows of entities that are being woken: whatever ids gathered while the last read ran, in one round trip.</summary>
internal sealed class GroupLoad<TState>(IEntityRows<TState> rows, IScheduler scheduler, KernelOptions options, StoreSpell spell)
    : IThreadPoolWorkItem, IDisposable
    where TState : class
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abandon = new();
    private List<Wanted> _gathering = [];
    private List<Wanted> _reading = [];
    private bool _running;

    public void Add(string id, ILoads<TState> shard)
    {
        lock (_gate)
        {
            _gathering.Add(new(id, shard));
            if (_running)
            {
                return;
            }

            _running = true;
        }

        scheduler.Run(this);
    }

    public void Execute() => _ = DrainAsync();

    public void Abandon() => _abandon.Cancel();

    public void Dispose() => _abandon.Cancel();

    private async Task DrainAsync()
    {
        while (TakeGathered())
        {
            for (var start = 0; start < _reading.Count; start += options.LoadBatch)
            {
                await LoadAsync(_reading.GetRange(start, Math.Min(options.LoadBatch, _reading.Count - start))).ConfigureAwait(false);
            }

            _reading.Clear();
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

            (_gathering, _reading) = (_reading, _gathering);
            return true;
        }
    }

    private async ValueTask LoadAsync(List<Wanted> wanted)
    {
        var waiting = new Dictionary<string, ILoads<TState>>(wanted.Count);
        foreach (var want in wanted)
        {
            waiting[want.Id] = want.Shard;
        }

        for (var failures = 0; !_abandon.IsCancellationRequested; failures++)
        {
            try
            {
                await rows.LoadAsync([.. waiting.Keys], row => Hand(waiting, row), _abandon.Token).ConfigureAwait(false);
                spell.Succeeded();
                HandRest(waiting, null);
                break;
            }
            catch (StoreUnavailableException why)
            {
                await WaitAsync(why, failures).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
            {
                return;
            }
            catch (Exception) when (waiting.Count > 1)
            {
                var left = wanted.FindAll(want => waiting.ContainsKey(want.Id));
                await LoadAsync(left.GetRange(0, left.Count / 2)).ConfigureAwait(false);
                await LoadAsync(left.GetRange(left.Count / 2, left.Count - left.Count / 2)).ConfigureAwait(false);
                break;
            }
            catch (Exception why)
            {
                HandRest(waiting, why);
                break;
            }
        }

        foreach (var want in wanted)
        {
            want.Shard.Wake();
        }
    }

    private static void Hand(Dictionary<string, ILoads<TState>> waiting, Loaded<TState> row)
    {
        if (waiting.Remove(row.Id, out var shard))
        {
            shard.Loaded(row);
        }
    }

    /// <summary>Who was not found does not exist, or cannot be read.</summary>
    private static void HandRest(Dictionary<string, ILoads<TState>> waiting, Exception? why)
    {
        foreach (var (id, shard) in waiting)
        {
            shard.Loaded(new(id, null, 0, why));
        }

        waiting.Clear();
    }

    private async ValueTask WaitAsync(StoreUnavailableException why, int failures)
    {
        try
        {
            await spell.FailedAsync(why, failures, _abandon.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
            // The loop ends by itself.
        }
    }

    private readonly record struct Wanted(string Id, ILoads<TState> Shard);
}

/// <summary>A shard that waits for rows.</summary>
internal interface ILoads<TState> : IShard
    where TState : class
{
    void Loaded(Loaded<TState> row);
}
