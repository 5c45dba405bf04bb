using Mailroom.Actors;

namespace Mailroom.Simulation.Checking;

/// <summary>G5: what the provider saw of each org in every sliding second, held against the limits that held then.</summary>
internal sealed class RateCheck(StoreAudit store, Ledger ledger, Findings findings)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Calls above the limit in the worst second; not above 0 where all is well.</summary>
    public int WorstExcess { get; private set; } = int.MinValue;

    /// <summary>The largest share of a limit that was used in one second.</summary>
    public double WorstShare { get; private set; }

    /// <param name="lag">How much later than it was acknowledged a lower limit or a pause may hold.</param>
    public void Run(TimeSpan lag)
    {
        foreach (var calls in ledger.Calls.GroupBy(call => call.Org))
        {
            var seen = calls.Select(call => call.SeenAt).Order().ToList();
            CheckLimit(calls.Key, seen, lag);
            CheckPauses(calls.Key, calls, lag);
            CheckPauses(OrgId.All, calls, lag);
        }
    }

    private void CheckLimit(OrgId org, List<TimeSpan> seen, TimeSpan lag)
    {
        var versions = store.Orgs.GetValueOrDefault(org) ?? [];
        for (int first = 0, end = 0; first < seen.Count; first++)
        {
            while (end < seen.Count && seen[end] < seen[first] + Second)
            {
                end++;
            }

            if (LimitIn(versions, seen[first], seen[first] + Second, lag) is not { } limit)
            {
                continue;
            }

            WorstExcess = Math.Max(WorstExcess, end - first - limit);
            WorstShare = Math.Max(WorstShare, (end - first) / (double)limit);
            if (end - first > limit)
            {
                findings.Add(Broken.Rate, org.Value, $"{end - first} calls in the second from {seen[first].TotalSeconds:F4} s; the limit is {limit}.", seen[first]);
                return;
            }
        }
    }

    /// <summary>The highest limit that may have held at some time of a span; null: none held.</summary>
    private static int? LimitIn(List<OrgVersion> versions, TimeSpan from, TimeSpan to, TimeSpan lag)
    {
        var most = 0;
        for (var index = 0; index < versions.Count; index++)
        {
            if (versions[index].Since >= to || EndOf(versions, index, lag) <= from)
            {
                continue;
            }

            if (versions[index].Rps is not { } rps)
            {
                return null;
            }

            most = Math.Max(most, rps);
        }

        // Calls of an org that nobody has stored yet cannot be: the first version is written before its first terms.
        return most == 0 ? null : most;
    }

    /// <summary>A version may be acted on until a later one is known to somebody, and a while longer.</summary>
    private static TimeSpan EndOf(List<OrgVersion> versions, int index, TimeSpan lag)
    {
        var end = TimeSpan.MaxValue;
        for (var later = index + 1; later < versions.Count; later++)
        {
            if (versions[later].AcknowledgedAt is { } known)
            {
                end = known + lag < end ? known + lag : end;
            }
        }

        return end;
    }

    private void CheckPauses(OrgId org, IEnumerable<CallRecord> calls, TimeSpan lag)
    {
        var versions = store.Orgs.GetValueOrDefault(org) ?? [];
        for (var index = 0; index < versions.Count; index++)
        {
            if (versions[index] is not { IsPaused: true, AcknowledgedAt: { } known })
            {
                continue;
            }

            var next = versions.Skip(index + 1).FirstOrDefault(version => !version.IsPaused)?.Since ?? TimeSpan.MaxValue;
            if (calls.FirstOrDefault(call => call.BegunAt > known + lag && call.BegunAt < next) is { } call)
            {
                findings.Add(Broken.Rate, call.Id, $"A call of {call.Org} began though {org} is paused, which was acknowledged at {known.TotalSeconds:F4} s.", call.BegunAt);
            }
        }
    }
}
