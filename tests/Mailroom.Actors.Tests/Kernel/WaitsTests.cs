using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>What waits goes on where its wait was ended, so that a scheduler that runs everything on one thread sees all of it.</summary>
public sealed class WaitsTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void A_wait_that_is_cancelled_goes_on_within_the_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var ended = Inlined(async () => await _clock.DelayAsync(TimeSpan.FromSeconds(1), cancel.Token).ConfigureAwait(false));

        Inline.Do(cancel.Cancel);

        ended().ShouldBe(Environment.CurrentManagedThreadId);
        _clock.UntilNextTimer().ShouldBeNull();
    }

    [Fact]
    public void A_wait_goes_on_with_its_timer()
    {
        var ended = Inlined(async () => await _clock.DelayAsync(TimeSpan.FromSeconds(1), CancellationToken.None).ConfigureAwait(false));

        _clock.Advance(TimeSpan.FromMilliseconds(999));
        ended().ShouldBeNull();

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        ended().ShouldBe(Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void A_wait_for_a_task_ends_with_it_or_with_its_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var task = new TaskCompletionSource();
        var waits = task.Task.OrCanceledAsync(CancellationToken.None);
        var ended = Inlined(async () => await task.Task.OrCanceledAsync(cancel.Token).ConfigureAwait(false));

        Inline.Do(cancel.Cancel);

        ended().ShouldBe(Environment.CurrentManagedThreadId);
        waits.IsCompleted.ShouldBeFalse();
        Inline.Do(task.SetResult);
        waits.IsCompletedSuccessfully.ShouldBeTrue();
    }

    /// <summary>The thread on which something went on after its wait; null: it waits.</summary>
    private static Func<int?> Inlined(Func<Task> wait)
    {
        int? thread = null;
        Inline.Do(() => _ = RunAsync());
        return () => thread;

        async Task RunAsync()
        {
            await wait().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            thread = Environment.CurrentManagedThreadId;
        }
    }
}
