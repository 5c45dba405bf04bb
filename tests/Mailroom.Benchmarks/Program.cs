using System.Globalization;
using Mailroom.Benchmarks;
using Mailroom.Benchmarks.Kernel;
using Mailroom.Benchmarks.Service;

int Number(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

string Word(string option, string otherwise) => Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

switch (args)
{
    case ["kernel", ..]:
        await KernelBenchmark.RunAsync(TimeSpan.FromSeconds(Number("--seconds", 10)));
        return 0;
    case ["service", "postgres" or "sqlite", ..]:
        await ServiceBenchmark.RunAsync(
            args[1], Number("--warmup", 60_000), Number("--mails", 60_000), Number("--connections", 32), Number("--workers", 16), !args.Contains("--plain"),
            Word("--telemetry", "none"));
        return 0;
    case ["drain", "postgres" or "sqlite", ..]:
        await DrainBenchmark.RunAsync(args[1], Number("--warmup", 40_000), Number("--mails", 20_000), Number("--workers", 16));
        return 0;
    case ["stream", "postgres" or "sqlite", ..]:
        var server = args[1] == "sqlite" ? null : Environment.GetEnvironmentVariable("MAILROOM_TEST_POSTGRES")
            ?? throw new InvalidOperationException("MAILROOM_TEST_POSTGRES is not set: run this by ./test --run.");
        await StreamBenchmark.RunAsync(server, Number("--entries", 100_000), Console.Out);
        return 0;
    case ["fairness", ..]:
        await FairnessBenchmark.RunAsync(Number("--queued", 1_000_000), Number("--mails", 200), Number("--workers", 16));
        return 0;
    case ["redis", ..]:
        await RedisBenchmark.RunAsync(Number("--entries", 100_000));
        return 0;
    default:
        Console.Error.WriteLine(
            "usage: Mailroom.Benchmarks kernel [--seconds N] | redis [--entries N] | stream postgres|sqlite [--entries N] | fairness [--queued N] [--mails N] [--workers N] | drain postgres|sqlite [--warmup N] [--mails N] [--workers N] | service postgres|sqlite [--warmup N] [--mails N] [--connections N] [--workers N] [--plain] [--telemetry none|metrics|all]");
        return 64;
}
