using System.Diagnostics;
using Mailroom.Faults.Load;

namespace Mailroom.Faults;

/// <summary>A cluster under load, faults at random, and the books closed at the end.</summary>
public static class FaultRun
{
    private const double StreamShare = 1.0 / 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<Reckoning> RunAsync(FaultOptions options, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(say);
        var since = Stopwatch.GetTimestamp();
        var cluster = await FaultyCluster.StartAsync(options).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            var orgs = await OrgsAsync(cluster, options).ConfigureAwait(false);
            var callers = new Callers(cluster.Nodes, orgs, options.Rate * (1 - StreamShare), options.Seed);
            var commands = new Commands(cluster.Redis, options.Rate * StreamShare);
            var striker = new Striker(cluster, options, [.. orgs.Where(org => org.Rps is not null).Select(org => org.Id)], say);
            await using (callers.ConfigureAwait(false))
            await using (commands.ConfigureAwait(false))
            {
                say($"{options.Nodes} nodes, {options.Rate} mails a second, lease {options.Lease.TotalSeconds:F0} s, up in {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s");
                callers.Start();
                commands.Start();
                await striker.RunAsync(CancellationToken.None).ConfigureAwait(false);
                await callers.FinishAsync(Patience).ConfigureAwait(false);
                await commands.FinishAsync().ConfigureAwait(false);
                var reckoning = await new Bookkeeper(cluster, options, striker, callers, commands, orgs).CloseAsync(Patience).ConfigureAwait(false);
                foreach (var line in reckoning.Lines)
                {
                    say(line);
                }

                say($"took {Stopwatch.GetElapsedTime(since).TotalSeconds:F0} s");
                return reckoning;
            }
        }
    }

    /// <summary>The first org has no limit. The others get no more than half of what their limit lets through, so that they catch up with what a fault holds up.</summary>
    private static async Task<IReadOnlyList<FaultOrg>> OrgsAsync(FaultyCluster cluster, FaultOptions options)
    {
        var http = options.Rate * (1 - StreamShare);
        var orgs = new List<FaultOrg>();
        foreach (var (id, rps, most) in new[] { ("slow", 5, 2.5), ("brisk", 20, 10), ("busy", 100, 25) })
        {
            orgs.Add(new(id, await cluster.MakeOrgAsync(id, rps).ConfigureAwait(false), rps, most / http));
        }

        var rest = Math.Max(0.1, 1 - orgs.Sum(org => org.Share));
        return [new("org_default", cluster.Key, null, rest), .. orgs];
    }
}
