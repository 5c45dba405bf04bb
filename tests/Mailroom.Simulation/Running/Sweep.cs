using System.Collections.Concurrent;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Running;

/// <summary>Runs seeds on all cores.</summary>
internal static class Sweep
{
    /// <summary>Await continuations run one within the other, and worlds are deep.</summary>
    private const int StackBytes = 16 * 1024 * 1024;

    /// <summary>Runs one seed on a thread of its own: what a world keeps for its thread, as pools do, ends with it.</summary>
    public static RunResult One(ulong seed, RunOptions options)
    {
        RunResult? result = null;
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = new SimWorld(seed, options).Run();
                }
                catch (Exception why)
                {
                    failure = why;
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        return result ?? throw new SimulationException($"Seed {seed} could not be run.", failure);
    }

    /// <summary>Runs seeds <paramref name="from"/> and on until there are enough, or until one fails and <paramref name="goesOn"/> says no.</summary>
    /// <param name="progress">Told of the figures so far after each seed, one call at a time.</param>
    /// <param name="until">No further seed begins after it.</param>
    public static SweepResult Many(ulong from, long count, int parallel, RunOptions options, Func<RunResult, bool>? goesOn = null, Action<Figures>? progress = null, CancellationToken until = default)
    {
        var gate = new Lock();
        var figures = new Figures();
        var failures = new ConcurrentBag<RunResult>();
        var next = -1L;
        var isOver = 0;
        void Work()
        {
            while (Volatile.Read(ref isOver) == 0 && !until.IsCancellationRequested && Interlocked.Increment(ref next) is var index && index < count)
            {
                RunResult result;
                try
                {
                    result = One(from + (ulong)index, options);
                }
                catch (Exception why)
                {
                    result = new(from + (ulong)index, [new(Checking.Broken.Run, TimeSpan.Zero, null, why.ToString())], 0, new() { Seeds = 1 }, new(new(new(0)), keeps: false));
                }

                lock (gate)
                {
                    figures.Add(result.Figures);
                    if (!result.IsClean)
                    {
                        failures.Add(result);
                        if (goesOn?.Invoke(result) != true)
                        {
                            Volatile.Write(ref isOver, 1);
                        }
                    }

                    progress?.Invoke(figures);
                }
            }
        }

        var threads = Enumerable.Range(0, parallel).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return new(figures, [.. failures.OrderBy(failure => failure.Seed)]);
    }
}

internal sealed record SweepResult(Figures Figures, IReadOnlyList<RunResult> Failures);
