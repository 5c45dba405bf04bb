using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>A worker that is one loop: runs until it is told to stop, and is started again where an error of its own ended it.</summary>
internal sealed partial class WorkerLoop : IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="name">As it stands before each of its log lines.</param>
    /// <param name="run">The loop; it returns soon after its token is cancelled.</param>
    /// <param name="clock">For the waits between restarts.</param>
    /// <param name="log">Where it says that it stopped or failed.</param>
    public WorkerLoop(string name, Func<CancellationToken, Task> run, TimeProvider clock, ILogger log)
    {
        (_name, _log, _clock) = (name, log, clock);

        // On the pool, so that what the loop does first does not hold the start.
        _running = Task.Run(() => SuperviseAsync(run));
    }

    /// <summary>Tells it to stop and waits for that, at most <paramref name="within"/>.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(within > TimeSpan.Zero ? within : TimeSpan.Zero, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_running.IsCompleted)
        {
            LogStopped(_log, _name);
        }
        else
        {
            LogLeft(_log, _name);
        }
    }

    public void Dispose() => _stopping.Cancel();

    private async Task SuperviseAsync(Func<CancellationToken, Task> run)
    {
        for (var wait = FirstWait; !_stopping.IsCancellationRequested; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await run(_stopping.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception why)
            {
                LogFailed(_log, _name, wait, why);
            }

            await Task.Delay(wait, _clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(130, LogLevel.Information, "{Worker}: stopped")]
    private static partial void LogStopped(ILogger log, string worker);

    [LoggerMessage(131, LogLevel.Warning, "{Worker}: did not stop in time and is left to the end of the process")]
    private static partial void LogLeft(ILogger log, string worker);

    [LoggerMessage(132, LogLevel.Error, "{Worker}: ended by an error of its own, starting again after={Wait}")]
    private static partial void LogFailed(ILogger log, string worker, TimeSpan wait, Exception why);
}
