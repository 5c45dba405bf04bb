using Mailroom.Benchmarks.Kernel;

switch (args)
{
    case ["kernel", .. var rest]:
        await KernelBenchmark.RunAsync(TimeSpan.FromSeconds(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 10));
        return 0;
    default:
        Console.Error.WriteLine("usage: Mailroom.Benchmarks kernel [seconds]");
        return 64;
}
