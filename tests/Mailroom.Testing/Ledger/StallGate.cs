namespace Mailroom.Testing;

/// <summary>Where stalled mails wait, all of them for one release.</summary>
internal sealed class StallGate
{
    private readonly Lock gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];
    private TaskCompletionSource released = Next();
    private int waiting;

    public int Count
    {
        get
        {
            lock (gate)
            {
                return waiting;
            }
        }
    }

    public async Task Wait(CancellationToken stop)
    {
        Task release;
        lock (gate)
        {
            waiting++;
            release = released.Task;
            watchers.RemoveAll(watcher => waiting >= watcher.Count && watcher.Reached.TrySetResult());
        }

        try
        {
            await release.WaitAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                waiting--;
            }
        }
    }

    public Task Reached(int count)
    {
        lock (gate)
        {
            if (waiting >= count)
            {
                return Task.CompletedTask;
            }

            var reached = Next();
            watchers.Add((count, reached));
            return reached.Task;
        }
    }

    public void Release()
    {
        TaskCompletionSource all;
        lock (gate)
        {
            all = released;
            released = Next();
        }

        all.SetResult();
    }

    private static TaskCompletionSource Next() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
