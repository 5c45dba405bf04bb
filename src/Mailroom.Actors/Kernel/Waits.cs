namespace Mailroom.Actors.Kernel;

/// <summary>
/// Waits that go on where they are ended: on the thread of the timer, or of whoever cancels. The framework's own go on in the thread pool when they are
/// cancelled, which no scheduler sees, so that a run could not be repeated.
/// </summary>
internal static class Waits
{
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public static async Task DelayAsync(this TimeProvider clock, TimeSpan wait, CancellationToken cancel)
    {
        var over = new TaskCompletionSource();
        using var timer = clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, wait, Timeout.InfiniteTimeSpan);
        await over.Task.OrCanceledAsync(over, cancel).ConfigureAwait(false);
    }

    /// <summary>Waits for a task, or until nobody wants to.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public static async Task OrCanceledAsync(this Task task, CancellationToken cancel)
    {
        if (task.IsCompleted || !cancel.CanBeCanceled)
        {
            await task.ConfigureAwait(false);
            return;
        }

        var either = new TaskCompletionSource();
        _ = ForwardAsync(task, either);
        await either.Task.OrCanceledAsync(either, cancel).ConfigureAwait(false);
    }

    private static async Task OrCanceledAsync(this Task task, TaskCompletionSource source, CancellationToken cancel)
    {
        using var canceled = cancel.UnsafeRegister(static (source, cancel) => ((TaskCompletionSource)source!).TrySetCanceled(cancel), source);
        await task.ConfigureAwait(false);
    }

    private static async Task ForwardAsync(Task task, TaskCompletionSource to)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        to.TrySetFromTask(task);
    }
}
