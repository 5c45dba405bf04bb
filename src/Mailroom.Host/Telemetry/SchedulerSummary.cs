using Mailroom.Actors.Kernel;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Telemetry;

/// <summary>Says now and then what waits and what is being done, also while nothing is (C25).</summary>
internal sealed partial class SchedulerSummary(
    Func<ScheduleReading?> schedule, Func<NodeFigures> node, int workers, TimeSpan interval, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _telling = Task.CompletedTask;

    public void Start() => _telling = TellAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    [LoggerMessage(141, LogLevel.Information, "scheduler: waiting={Waiting} oldest_age_ms={OldestAge} in_line={InLine} running={Running} workers={Workers} store={Store}")]
    private static partial void LogSummary(ILogger log, long waiting, long oldestAge, int inLine, int running, int workers, string store);

    [LoggerMessage(142, LogLevel.Information, "scheduler: in_line={InLine} running={Running} workers={Workers} store={Store}, what waits in the store is not known yet")]
    private static partial void LogUnknown(ILogger log, int inLine, int running, int workers, string store);

    private async Task TellAsync()
    {
        using var ticks = new PeriodicTimer(interval, clock);
        while (await ticks.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            var figures = node();
            var store = figures.IsStoreAvailable ? "available" : "unavailable";
            if (schedule() is { } reading)
            {
                LogSummary(log, reading.Facts.Depth, (long)reading.OldestAge(clock.Now()).TotalMilliseconds, figures.InLine, figures.Running, workers, store);
            }
            else
            {
                LogUnknown(log, figures.InLine, figures.Running, workers, store);
            }
        }
    }
}
