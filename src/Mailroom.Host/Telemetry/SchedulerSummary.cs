using Mailroom.Actors.Kernel;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Telemetry;

/// <summary>Says now and then what waits and what is being done, also while nothing is (C25).</summary>
internal sealed partial class SchedulerSummary(
    ScheduleWatch schedule, Func<NodeFigures> node, int workers, TimeSpan interval, TimeProvider clock, ILogger log)
{
    /// <summary>Tells again and again until it is to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ticks = new PeriodicTimer(interval, clock);
        while (await ticks.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            Tell();
        }
    }

    [LoggerMessage(171, LogLevel.Information, "scheduler: waiting={Waiting} oldest_age_ms={OldestAge} in_line={InLine} running={Running} workers={Workers} store={Store}")]
    private static partial void LogSummary(ILogger log, long waiting, long oldestAge, int inLine, int running, int workers, string store);

    [LoggerMessage(172, LogLevel.Information, "scheduler: in_line={InLine} running={Running} workers={Workers} store={Store}, what waits in the store is not known yet")]
    private static partial void LogUnknown(ILogger log, int inLine, int running, int workers, string store);

    private void Tell()
    {
        var figures = node();
        var store = figures.IsStoreAvailable ? "available" : "unavailable";
        if (schedule.Latest is { } reading)
        {
            LogSummary(log, reading.Facts.Depth, (long)reading.OldestAge(clock.Now()).TotalMilliseconds, figures.InLine, figures.Running, workers, store);
        }
        else
        {
            LogUnknown(log, figures.InLine, figures.Running, workers, store);
        }
    }
}
