namespace Mailroom.Testing;

/// <summary>
/// Waits until something outside that sends no signal (a row in a database, a port of a child process) is as wanted.
/// Where there is a signal, wait for that through <see cref="Deadline.Wait(Task, string, Func{string})"/> instead.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(15);

    /// <summary>Looks at once and then every 15 ms. An exception of the look itself ends the wait.</summary>
    /// <exception cref="DeadlinePassedException">It did not become so in time.</exception>
    public static async Task True(Func<Task<bool>> look, string what, TimeSpan? within = null, Func<string>? detail = null)
    {
        ArgumentNullException.ThrowIfNull(look);
        var deadline = Deadline.In(within);
        using var ticks = new PeriodicTimer(BetweenLooks);
        while (!await look().ConfigureAwait(false))
        {
            if (deadline.HasPassed)
            {
                throw deadline.Passed(what, detail);
            }

            await ticks.WaitForNextTickAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="True(Func{Task{bool}}, string, TimeSpan?, Func{string})"/>
    public static Task True(Func<bool> look, string what, TimeSpan? within = null, Func<string>? detail = null) =>
        True(() => Task.FromResult(look()), what, within, detail);
}
