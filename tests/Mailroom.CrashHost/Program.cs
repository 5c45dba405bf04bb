using System.CommandLine;
using Mailroom.CrashHost;
using Mailroom.Host.Commands;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;

// The service as it is, or one of its commands, but that it kills itself at the point that its environment names.
var crash = CrashPoint.OfEnvironment();
SqliteSteps.Watch(crash);
if (args.Length > 0)
{
    return await CommandLine.Root().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}

var outcome = SettingsLoader.Load(SettingsSources.OfProcess(null));
if (outcome.Settings is not { } settings)
{
    Console.Error.Write(SettingsErrors.Format(outcome.Errors));
    return SettingsErrors.ExitCode;
}

var parts = new ProcessParts
{
    OpenStore = (from, clock) => new CrashingStore(Stores.Open(from, clock), crash),
    OpenProvider = (from, captured, clock) => new CrashingProvider(Providers.Open(from, captured, clock), crash),
};
return await Failures.GuardAsync(() => RunCommand.RunAsync(settings, outcome.Warnings, parts));
