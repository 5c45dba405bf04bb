using System.Globalization;
using Mailroom.Benchmarks;
using Mailroom.Benchmarks.Kernel;
using Mailroom.Benchmarks.Service;

int Number(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

switch (args)
{
    case ["kernel", ..]:
        await KernelBenchmark.RunAsync(TimeSpan.FromSeconds(Number("--seconds", 10)));
        return 0;
    case ["service", "postgres" or "sqlite", ..]:
        await ServiceBenchmark.RunAsync(
            args[1], Number("--warmup", 60_000), Number("--mails", 60_000), Number("--connections", 32), Number("--workers", 16), !args.Contains("--plain"));
        return 0;
    case ["redis", ..]:
        await RedisBenchmark.RunAsync(Number("--entries", 100_000));
        return 0;
    default:
        Console.Error.WriteLine("usage: Mailroom.Benchmarks kernel [--seconds N] | redis [--entries N] | service postgres|sqlite [--warmup N] [--mails N] [--connections N] [--workers N] [--plain]");
        return 64;
}
