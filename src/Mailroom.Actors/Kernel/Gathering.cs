namespace Mailroom.Actors.Kernel;

/// <summary>
/// Work that is done together: whatever gathered while the last round ran is the next round. No timer, so a lone item waits
/// for nothing and a flood shares its trips. One round at a time.
/// </summary>
internal abstract class Gathering<T>(IScheduler scheduler) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private List<T> _gathering = [];
    private List<T> _round = [];
    private bool _running;

    public void Execute() => _ = RunAsync();

    protected void Gather(T item)
    {
        lock (_gate)
        {
            _gathering.Add(item);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        scheduler.Run(this);
    }

    /// <summary>One round. The list is cleared afterwards. Must not throw.</summary>
    protected abstract ValueTask RoundAsync(List<T> round);

    private async Task RunAsync()
    {
        while (Take())
        {
            await RoundAsync(_round).ConfigureAwait(false);
            _round.Clear();
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            if (_gathering.Count == 0)
            {
                _running = false;
                return false;
            }

            (_gathering, _round) = (_round, _gathering);
            return true;
        }
    }
}
