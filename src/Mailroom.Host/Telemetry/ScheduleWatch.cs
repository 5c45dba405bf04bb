using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Telemetry;

/// <summary>Asks the store what waits.</summary>
/// <param name="now">The time as of which it is asked.</param>
/// <param name="lanes">The most lanes to tell of.</param>
internal delegate ValueTask<ScheduleFacts> ReadSchedule(Instant now, int lanes, CancellationToken cancel);

/// <summary>Asks the store now and then what waits, so that reading a metric never waits for the store.</summary>
internal sealed partial class ScheduleWatch(ReadSchedule read, TimeSpan interval, TimeProvider clock, ILogger log)
{
    /// <summary>Lanes that one reading tells of.</summary>
    public const int MostLanes = 64;

    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(5);

    private ScheduleReading? _latest;
    private bool _fails;

    /// <summary>Null: the store has not answered yet.</summary>
    public ScheduleReading? Latest => Volatile.Read(ref _latest);

    /// <summary>Asks again and again until it is to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ticks = new PeriodicTimer(interval, clock);
        do
        {
            await LookAsync(stopping).ConfigureAwait(false);
        }
        while (await ticks.WaitForNextTickAsync(stopping).ConfigureAwait(false));
    }

    /// <summary>Asks once.</summary>
    public async Task LookAsync(CancellationToken stopping)
    {
        var now = clock.Now();
        try
        {
            using var within = new CancellationTokenSource(LongestRead, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(within.Token, stopping);
            var facts = await read(now, MostLanes, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            Volatile.Write(ref _latest, new(now, facts, IsStale: false));
            _fails = false;
        }
        catch (Exception why) when (!stopping.IsCancellationRequested)
        {
            if (_latest is { } latest)
            {
                Volatile.Write(ref _latest, latest with { IsStale = true });
            }

            if (!_fails)
            {
                _fails = true;
                LogFailed(log, why.GetType().Name, why.Message);
            }
        }
    }

    [LoggerMessage(170, LogLevel.Warning, "scheduler: the store does not say what waits, the metrics of the schedule go on from what it said last cause={Cause} reason={Reason}")]
    private static partial void LogFailed(ILogger log, string cause, string reason);
}
