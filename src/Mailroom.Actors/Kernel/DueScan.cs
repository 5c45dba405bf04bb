namespace Mailroom.Actors.Kernel;

/// <summary>How much more work a kind's actors can be woken for. Asked before each page of the scan.</summary>
public interface IDueGate
{
    /// <summary>Rows that may be told now; 0 or less: none.</summary>
    int Room { get; }

    /// <summary>The earliest due time of what was told and had to be dropped since the last call, or null: the scan goes back to it.</summary>
    Instant? TakeDropped();
}

/// <summary>No limit but the page.</summary>
public sealed class OpenGate : IDueGate
{
    public static readonly OpenGate Instance = new();

    private OpenGate()
    {
    }

    public int Room => int.MaxValue;

    public Instant? TakeDropped() => null;
}

/// <summary>For kinds whose entities never wait for a time: nothing is scanned.</summary>
public sealed class NeverDue : IDueGate
{
    public static readonly NeverDue Instance = new();

    private NeverDue()
    {
    }

    public int Room => 0;

    public Instant? TakeDropped() => null;
}

/// <summary>
/// Looks for due rows of this node's shards: what time brings, what a restart left and what a lost message forgot. Goes on
/// from the last row it told, so that a backlog is read once; begins again from the oldest at every repair.
/// </summary>
internal sealed partial class DueScan<TState>(IEntityRows<TState> rows, IDueGate gate, Func<string, Instant, IReplyTo, bool> tell, Func<IReadOnlyList<int>> shards,
    KernelOptions options, IScheduler scheduler, TimeProvider clock, StoreSpell spell, string kind, IKernelEvents events)
    : IThreadPoolWorkItem
    where TState : class
{
    private readonly CancellationTokenSource _stopping = new();
    private DueRow? _after;
    private long? _repairedAt;
    private int _running;
    private int _again;
    private int _fromStart;

    /// <summary>Scans soon, also when a scan is running that may have looked already.</summary>
    public void Look()
    {
        if (Interlocked.Exchange(ref _again, 1) == 0)
        {
            scheduler.Run(this);
        }
    }

    /// <summary>As <see cref="Look"/>, beginning with the oldest due row.</summary>
    public void LookForAll()
    {
        Interlocked.Exchange(ref _fromStart, 1);
        Look();
    }

    public void Execute() => _ = RunAsync();

    /// <summary>Scans unless a scan is running. Completes when it is done.</summary>
    public async Task RunAsync()
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            return;
        }

        Interlocked.Exchange(ref _again, 0);
        try
        {
            if (Interlocked.Exchange(ref _fromStart, 0) == 1)
            {
                _repairedAt = null;
            }

            await (rows is IDueGroups groups && gate is IDueLines lines ? ScanAsync(groups, lines) : ScanAsync()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (StoreUnavailableException why)
        {
            await WaitAsync(why).ConfigureAwait(false);
        }
        catch (Exception why)
        {
            events.CallbackFailed(kind, "", why);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
            if (Interlocked.Exchange(ref _again, 0) == 1 && !_stopping.IsCancellationRequested)
            {
                Look();
            }
        }
    }

    public void Stop() => _stopping.Cancel();

    private async Task ScanAsync()
    {
        var now = clock.Now();
        if (gate.Room <= 0)
        {
            return;
        }

        // By the monotonic clock: when the wall clock is set back, rows fall due before the last one told, and only the repair finds them.
        if (_repairedAt is not { } repaired || clock.GetElapsedTime(repaired) >= options.RepairInterval)
        {
            _after = null;
            _repairedAt = clock.GetTimestamp();
        }
        else if (gate.TakeDropped() is { } dropped && dropped <= _after?.At)
        {
            _after = new(dropped, "");
        }

        while (!_stopping.IsCancellationRequested && shards() is { Count: > 0 } owned)
        {
            var page = Math.Min(gate.Room, options.ScanPage);
            if (page <= 0)
            {
                return;
            }

            var due = await rows.DueAsync(owned, now, _after, page, _stopping.Token).ConfigureAwait(false);
            spell.Succeeded(StoreSide.Reads);
            var told = await TellAsync(due).ConfigureAwait(false);
            _after = told > 0 ? due[told - 1] : _after;
            if (told < due.Count || due.Count < page)
            {
                return;
            }
        }
    }

    /// <summary>Tells a page, waits until all of it was taken up and returns how many rows were told: where some row was refused, the rest waits for another scan.</summary>
    private async ValueTask<int> TellAsync(IReadOnlyList<DueRow> due)
    {
        if (due.Count == 0)
        {
            return 0;
        }

        var page = new Page(due.Count, scheduler);
        var told = 0;
        while (told < due.Count && tell(due[told].Id, due[told].At, page))
        {
            told++;
        }

        // The one that was refused has its answer.
        for (var i = told + 1; i < due.Count; i++)
        {
            page.Reply(NotDone.Busy);
        }

        await page.TakenUp.OrCanceledAsync(_stopping.Token).ConfigureAwait(false);
        return told;
    }

    private async ValueTask WaitAsync(StoreUnavailableException why)
    {
        try
        {
            await spell.FailedAsync(StoreSide.Reads, why, 0, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>Counts the answers of a page's rows, refusals included.</summary>
    private sealed class Page(int count, IScheduler scheduler) : IReplyTo, IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _done = new();
        private int _left = count;

        public Task TakenUp => _done.Task;

        public void Reply(object answer)
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                scheduler.Run(this);
            }
        }

        public void Execute() => _done.TrySetResult();
    }
}
