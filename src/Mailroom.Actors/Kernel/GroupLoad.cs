namespace Mailroom.Actors.Kernel;

/// <summary>Reads the rows of entities that are being woken: whatever ids gathered while the last read ran, in one round trip.</summary>
internal sealed class GroupLoad<TState>(IEntityRows<TState> rows, IScheduler scheduler, KernelOptions options, StoreSpell spell)
    : Gathering<WantedRow<TState>>(scheduler), IDisposable
    where TState : class
{
    private readonly CancellationTokenSource _abandon = new();

    public void Add(string id, ILoads<TState> shard) => Gather(new(id, shard));

    public void Abandon() => _abandon.Cancel();

    public void Dispose() => _abandon.Cancel();

    protected override async ValueTask RoundAsync(List<WantedRow<TState>> round)
    {
        for (var start = 0; start < round.Count; start += options.LoadBatch)
        {
            await LoadAsync(round.GetRange(start, Math.Min(options.LoadBatch, round.Count - start))).ConfigureAwait(false);
        }
    }

    private async ValueTask LoadAsync(List<WantedRow<TState>> wanted)
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
                spell.Succeeded(StoreSide.Reads);
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
            await spell.FailedAsync(StoreSide.Reads, why, failures, _abandon.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
            // The loop ends by itself.
        }
    }
}

/// <summary>A row that a shard waits for.</summary>
internal readonly record struct WantedRow<TState>(string Id, ILoads<TState> Shard)
    where TState : class;

/// <summary>A shard that waits for rows.</summary>
internal interface ILoads<TState> : IShard
    where TState : class
{
    void Loaded(Loaded<TState> row);
}
