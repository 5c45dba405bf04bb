using System.Runtime.InteropServices;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Commands;

/// <summary><c>mailroom run</c>: the service, until SIGINT or SIGTERM.</summary>
internal static class RunCommand
{
    public static Task<int> RunAsync(MailroomSettings settings, IReadOnlyList<SettingsProblem> warnings) => RunAsync(settings, warnings, new ProcessParts());

    public static async Task<int> RunAsync(MailroomSettings settings, IReadOnlyList<SettingsProblem> warnings, ProcessParts parts)
    {
        using var logs = Logs.Open(settings.Log);
        var log = logs.CreateLogger("Mailroom");
        foreach (var warning in warnings)
        {
            StartLog.Warn(log, warning.ToString());
        }

        using var starting = new CancellationTokenSource();
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            starting.Cancel();
            stop.TrySetResult();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        var process = new MailroomProcess(settings, logs, parts);
        await using (process.ConfigureAwait(false))
        {
            await process.StartAsync(starting.Token).ConfigureAwait(false);
            Banner.Print(settings, process);
            await Task.WhenAny(stop.Task, process.Replaced).ConfigureAwait(false);
            await process.StopAsync().ConfigureAwait(false);
            
            // Started again it would take the place of the other one in turn: nobody should do that by himself.
            return process.Replaced.IsCompleted ? ExitCode.Configuration : ExitCode.Ok;
        }
    }
}

internal static partial class StartLog
{
    [LoggerMessage(120, LogLevel.Warning, "settings: {Warning}")]
    public static partial void Warn(ILogger log, string warning);
}
