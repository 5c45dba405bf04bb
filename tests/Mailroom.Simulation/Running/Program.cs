using System.Diagnostics;
using System.Globalization;
using Mailroom.Simulation.Defects;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Running;

/// <summary>The command: runs any number of seeds from any start, or replays one.</summary>
internal static class Program
{
    private const string Usage = """
        Runs seeded worlds of Mailroom and checks their histories.

          --seeds N        how many seeds (default 1000)
          --from N         the first of them (default 1)
          --seed N         replays one seed and prints its whole history
          --nodes N        nodes in every world (default: as the seed says)
          --parallel N     worlds at a time (default: one a core)
          --defect NAME    with a deliberate defect, to see it found
          --go-on          do not stop at the first failing seed

        Exit code: 0 all clean, 1 something was found, 2 wrong arguments.
        """;

    public static int Main(string[] arguments)
    {
        if (!Arguments.TryParse(arguments, out var parsed))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        return parsed.Seed is { } seed ? Replay(seed, parsed) : Run(parsed);
    }

    private static int Replay(ulong seed, Arguments arguments)
    {
        var result = Sweep.One(seed, new(arguments.Nodes, arguments.Defect, Keeps: true));
        foreach (var line in result.History.Lines())
        {
            Console.WriteLine(line);
        }

        Console.WriteLine(result.Figures);
        Console.WriteLine(result.Describe());
        return result.IsClean ? 0 : 1;
    }

    private static int Run(Arguments arguments)
    {
        var options = new RunOptions(arguments.Nodes, arguments.Defect);
        var clock = Stopwatch.StartNew();
        var told = TimeSpan.Zero;
        var found = 0;
        var sweep = Sweep.Many(
            arguments.From, arguments.Seeds, arguments.Parallel, options,
            failure =>
            {
                // Failing seeds are run again with all that happened kept.
                Console.WriteLine(Sweep.One(failure.Seed, options with { Keeps = true }).Describe());
                return arguments.GoesOn && ++found < 50;
            },
            figures =>
            {
                if (clock.Elapsed - told > TimeSpan.FromSeconds(10))
                {
                    told = clock.Elapsed;
                    Console.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds,6:F0} s  {figures}"));
                }
            });
        Console.WriteLine(FormattableString.Invariant(
            $"{sweep.Figures}; {clock.Elapsed.TotalSeconds:F1} s, {clock.Elapsed.TotalMilliseconds * arguments.Parallel / Math.Max(1, sweep.Figures.Seeds):F1} ms a seed and core"));
        Console.WriteLine(sweep.Failures.Count == 0 ? "all clean" : "failing seeds: " + string.Join(" ", sweep.Failures.Select(failure => $"{failure.Seed}:{failure.Findings[0].Kind}")));
        return sweep.Failures.Count == 0 ? 0 : 1;
    }

    private sealed record Arguments(ulong From, long Seeds, ulong? Seed, int? Nodes, int Parallel, Defect Defect, bool GoesOn)
    {
        public static bool TryParse(string[] words, out Arguments parsed)
        {
            parsed = new(1, 1000, null, null, Environment.ProcessorCount, Defect.None, false);
            for (var index = 0; index < words.Length; index++)
            {
                if (words[index] == "--go-on")
                {
                    parsed = parsed with { GoesOn = true };
                    continue;
                }

                if (index + 1 == words.Length)
                {
                    return false;
                }

                var (name, value) = (words[index], words[++index]);
                if (name == "--defect" && Enum.TryParse<Defect>(value, ignoreCase: true, out var defect))
                {
                    parsed = parsed with { Defect = defect };
                }
                else if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && With(parsed, name, number) is { } more)
                {
                    parsed = more;
                }
                else
                {
                    return false;
                }
            }

            return true;
        }

        private static Arguments? With(Arguments so, string name, long number) => name switch
        {
            "--seeds" => so with { Seeds = number },
            "--from" => so with { From = (ulong)number },
            "--seed" => so with { Seed = (ulong)number },
            "--nodes" when number is > 0 and < 10 => so with { Nodes = (int)number },
            "--parallel" when number is > 0 and < 100 => so with { Parallel = (int)number },
            _ => null,
        };
    }
}
