using System.ComponentModel;
using System.Diagnostics;

namespace Mailroom.Testing;

/// <summary>A process that a test started, its output, and the only ways in which the test ends it: by its own pid.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan KillTakesAtMost = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ReadsOnAtMost = TimeSpan.FromSeconds(1);

    private readonly Process process;
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task outputRead;

    private ChildProcess(Process process)
    {
        this.process = process;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => exited.TrySetResult(process.ExitCode);
        if (!process.Start())
        {
            throw new InvalidOperationException($"{process.StartInfo.FileName} did not start.");
        }

        Id = process.Id;
        process.StandardInput.Close();
        outputRead = Task.WhenAll(Log.ReadFrom(process.StandardOutput), Log.ReadFrom(process.StandardError));
    }

    public int Id { get; }

    /// <summary>What it wrote to its output and its errors, together.</summary>
    public LineLog Log { get; } = new();

    /// <summary>Completes with the exit code; 128 + the signal's number when a signal ended it.</summary>
    public Task<int> Exited => exited.Task;

    public bool HasExited => exited.Task.IsCompleted;

    /// <summary>Starts a program without a shell. A variable given as null is taken out of its environment.</summary>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static ChildProcess Start(
        string fileName,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(new Process { StartInfo = start });
    }

    /// <summary>Runs a program to its end and gives its exit code with all that it wrote (the last 4,000 lines).</summary>
    /// <exception cref="DeadlinePassedException">It did not end in time; it was killed.</exception>
    public static async Task<(int ExitCode, string Output)> Run(
        string fileName, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        var deadline = Deadline.In(within);
        await using var child = Start(fileName, arguments);
        var code = await deadline.Wait(child.Exited, $"{Path.GetFileName(fileName)} to end", () => child.Log.Tail()).ConfigureAwait(false);

        await child.ReadTheRest().ConfigureAwait(false);
        return (code, child.Log.Tail(int.MaxValue));
    }

    /// <summary>Sends a signal. Nothing happens when the process has ended.</summary>
    public void Signal(UnixSignal signal)
    {
        if (!HasExited)
        {
            try
            {
                Unix.Send(Id, signal);
            }
            catch (Win32Exception) when (process.HasExited)
            {
                // It ended between the look and the signal: what the caller wanted of it has come true by itself.
                return;
            }
        }
    }

    /// <summary>SIGKILL, then waits until the process is gone.</summary>
    public async Task<int> Kill()
    {
        Signal(UnixSignal.Kill);
        return await Deadline.In(KillTakesAtMost).Wait(Exited, $"process {Id} to be gone after SIGKILL").ConfigureAwait(false);
    }

    /// <summary>SIGTERM, then waits until the process has ended, and gives its exit code.</summary>
    /// <exception cref="DeadlinePassedException">It did not end in time. It is still running: dispose kills it.</exception>
    public async Task<int> Terminate(TimeSpan? within = null)
    {
        var deadline = Deadline.In(within);
        Signal(UnixSignal.Terminate);
        return await deadline.Wait(Exited, $"process {Id} to end after SIGTERM", () => Log.Tail()).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            await Kill().ConfigureAwait(false);
        }

        await ReadTheRest().ConfigureAwait(false);
        process.Dispose();
    }

    private async Task ReadTheRest()
    {
        try
        {
            await outputRead.WaitAsync(ReadsOnAtMost).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.Add("(a process that this one left behind holds its output open; the rest of it is not read)");
        }
    }
}
