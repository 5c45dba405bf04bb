namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>A count that only grows, and signals for those who wait until it has come so far.</summary>
internal sealed class Milestones
{
    private readonly Lock gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> waiters = [];
    private int count;

    public int Count => Volatile.Read(ref count);

    public void Add()
    {
        lock (gate)
        {
            count++;
            waiters.RemoveAll(waiter => count >= waiter.Count && waiter.Reached.TrySetResult());
        }
    }

    /// <summary>Completes when the count is there.</summary>
    public Task Reached(int wanted)
    {
        lock (gate)
        {
            if (count >= wanted)
            {
                return Task.CompletedTask;
            }

            var waiter = (wanted, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            waiters.Add(waiter);
            return waiter.Item2.Task;
        }
    }
}
