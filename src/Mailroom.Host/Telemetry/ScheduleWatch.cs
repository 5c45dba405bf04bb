using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Telemetry;

/// <summary>Asks the store what waits.</summary>
/// <param name="now">The time as of which it is asked.</param>
/// <param name="lanes">The most lanes to tell of.</param>
internal delegate ValueTask<ScheduleFacts> ReadSchedule(Instant now, int lanes, CancellationToken cancel);

/// <summary>Asks the store now and then what waits, so that reading a metric never waits for the store.</summary>
internal sealed partial class ScheduleWatch(ReadSchedule read, TimeSpan interval, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    /// <summary>Lanes that one reading tells of.</summary>
    public const int MostLanes = 64;

    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;
    private ScheduleReading? _latest;
    private bool _fails;

    /// <summary>Null: the store has not answered yet.</summary>
    public ScheduleReading? Latest => Volatile.Read(ref _latest);

    public void Start() => _watching = WatchAsync();

    /// <summary>Asks once.</summary>
    public async Task LookAsync()
    {
        var now = clock.Now();
        try
        {
            using var within = new CancellationTokenSource(LongestRead, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(within.Token, _stopping.Token);
            var facts = await read(now, MostLanes, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            Volatile.Write(ref _latest, new(now, facts, IsStale: false));
            _fails = false;
        }
        catch (Exception why) when (!_stopping.IsCancellationRequested)
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

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    [LoggerMessage(140, LogLevel.Warning, "scheduler: the store does not say what waits, the metrics of the schedule go on from what it said last cause={Cause} reason={Reason}")]
    private static partial void LogFailed(ILogger log, string cause, string reason);

    private async Task WatchAsync()
    {
        using var ticks = new PeriodicTimer(interval, clock);
        do
        {
            await LookAsync().ConfigureAwait(false);
        }
        while (await ticks.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));
    }
}
