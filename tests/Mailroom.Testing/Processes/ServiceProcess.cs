namespace Mailroom.Testing;

/// <summary>
/// A service as a real process that can be killed at any moment and started again with the same data, settings and
/// ports.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly ServiceCommand command;
    private readonly Readiness readiness;
    private ChildProcess process;

    private ServiceProcess(ServiceCommand command, Readiness readiness, ChildProcess process)
    {
        this.command = command;
        this.readiness = readiness;
        this.process = process;
    }

    public int Id => process.Id;

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; } = 1;

    public bool HasExited => process.HasExited;

    /// <summary>Completes when the present process ends, with its exit code.</summary>
    public Task<int> Exited => process.Exited;

    /// <summary>What the present process wrote: the last 4,000 lines.</summary>
    public LineLog Log => process.Log;

    /// <summary>Starts the service and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended before it was ready. The message has its last lines.</exception>
    /// <exception cref="DeadlinePassedException">It was not ready in time, and was killed.</exception>
    public static async Task<ServiceProcess> Start(ServiceCommand command, Readiness readiness, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(readiness);
        return new ServiceProcess(command, readiness, await StartReady(command, readiness, within).ConfigureAwait(false));
    }

    /// <summary>kill -9, then waits until the process is gone.</summary>
    public Task<int> Kill9() => process.Kill();

    /// <summary>SIGTERM, then waits until the process has ended in order; gives its exit code.</summary>
    /// <exception cref="DeadlinePassedException">It did not end in time. It is still running.</exception>
    public Task<int> Terminate(TimeSpan? within = null) => process.Terminate(within);

    /// <summary>SIGINT. Wait for <see cref="Exited"/>.</summary>
    public void Interrupt() => process.Signal(UnixSignal.Interrupt);

    /// <summary>SIGSTOP: the process stands still, with its connections open.</summary>
    public void Pause() => process.Signal(UnixSignal.Stop);

    /// <summary>SIGCONT after <see cref="Pause"/>.</summary>
    public void Resume() => process.Signal(UnixSignal.Continue);

    /// <summary>Starts it again after it has ended.</summary>
    /// <exception cref="InvalidOperationException">It is still running, or ended before it was ready.</exception>
    public async Task Restart(TimeSpan? within = null)
    {
        if (!process.HasExited)
        {
            throw new InvalidOperationException($"Process {process.Id} is still running: kill or terminate it before a restart.");
        }

        await process.DisposeAsync().ConfigureAwait(false);
        process = await StartReady(command, readiness, within).ConfigureAwait(false);
        Starts++;
    }

    /// <summary>Kills the process if it still runs.</summary>
    public ValueTask DisposeAsync() => process.DisposeAsync();

    private static async Task<ChildProcess> StartReady(ServiceCommand command, Readiness readiness, TimeSpan? within)
    {
        var started = ChildProcess.Start(command.FileName, command.Arguments, command.Environment, command.WorkingDirectory);
        try
        {
            await readiness.Reached(started, Deadline.In(within)).ConfigureAwait(false);
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (started.HasExited)
        {
            // Disposed first, so that its last words have been read.
            await started.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException(
                $"{Path.GetFileName(command.FileName)} ended with {await started.Exited.ConfigureAwait(false)} before it was ready.\n{started.Log.Tail()}");
        }

        return started;
    }
}
