using System.Diagnostics;
using System.Globalization;
using Mailroom.Faults.Load;
using Mailroom.Testing;

namespace Mailroom.Faults;

/// <summary>Sets what callers were told, what the store says and what the next hop took against each other (G1, G2, G4, G5, G8).</summary>
internal sealed class Bookkeeper(FaultyCluster cluster, FaultOptions options, Striker striker, Callers callers, Commands commands, IReadOnlyList<FaultOrg> orgs)
{
    /// <summary>Outcomes wait for a commit no longer than this while the database works.</summary>
    private static readonly TimeSpan CompletionInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Of a node that was restarted, from when it is ready (G8).</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(2);

    private readonly List<string> _lines = [];
    private readonly List<string> _violations = [];

    public async Task<Reckoning> CloseAsync(TimeSpan patience)
    {
        var accepted = callers.Accepted.ToDictionary();
        foreach (var number in Enumerable.Range(0, commands.Added))
        {
            accepted[Commands.Recipient(number)] = Commands.Id(number);
        }

        await SettleAsync(accepted.Count, patience).ConfigureAwait(false);
        var status = (await cluster.RowsAsync("SELECT delivery_id, status FROM deliveries").ConfigureAwait(false)).ToDictionary(row => row[0], row => row[1]);
        var uncertain = (await cluster.RowsAsync("SELECT delivery_id, count(*) FROM attempts WHERE status = 'uncertain' GROUP BY delivery_id").ConfigureAwait(false))
            .ToDictionary(row => row[0], row => int.Parse(row[1], CultureInfo.InvariantCulture));
        var mails = cluster.Sink.Ledger.Mails;
        var taken = mails.GroupBy(IdOf).ToDictionary(group => group.Key, group => group.Select(mail => mail.At).Order().ToList());

        _lines.Add("faults: " + string.Join(", ", striker.Done.OrderBy(each => each.Key).Select(each => $"{each.Key} {each.Value}")) + FormattableString.Invariant($"; {striker.Done.Values.Sum()} in all, seed {options.Seed}"));
        Losses(accepted, status, taken);
        Copies(mails, uncertain, taken);
        Rates();
        Times(taken);
        _lines.Add($"callers: {callers.Accepted.Count} accepted by HTTP, {commands.Added} commands by the stream ({commands.Repeated} batches added again)");
        _lines.Add("tries of callers that were not accepted (each repeated until it was): " + (callers.Refused.Count == 0 ? "none" : string.Join(", ", callers.Refused.OrderBy(each => each.Key).Select(each => $"{each.Key}: {each.Value}"))));
        _lines.Add($"starts of nodes that failed and were tried again: {striker.FailedStarts}");
        _violations.AddRange(callers.Wrong.Distinct().Take(10));
        _violations.AddRange(striker.Unexpected);
        _lines.AddRange(_violations.Select(violation => "VIOLATION: " + violation));
        _lines.Add(_violations.Count == 0 ? "all promises kept" : $"{_violations.Count} violations");
        return new(_lines, _violations);
    }

    private static string IdOf(LedgerMail mail) => mail.MessageId[1..mail.MessageId.IndexOf('@', StringComparison.Ordinal)];

    /// <summary>Waits until nothing is under way any more, as long as it gets less: a limited org catches up at its own pace.</summary>
    private async Task SettleAsync(int accepted, TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        var (least, at) = (long.MaxValue, since);
        while (Stopwatch.GetElapsedTime(at) < patience)
        {
            var row = (await cluster.RowsAsync(
                "SELECT count(*) FILTER (WHERE status IN ('scheduled', 'queued', 'rendered', 'sending')), count(*) FROM deliveries").ConfigureAwait(false))[0];
            var open = long.Parse(row[0], CultureInfo.InvariantCulture) + Math.Max(0, accepted - long.Parse(row[1], CultureInfo.InvariantCulture));
            if (least == long.MaxValue)
            {
                var waiting = await cluster.RowsAsync("SELECT org_id, count(*) FROM deliveries WHERE status IN ('queued', 'rendered', 'sending') GROUP BY org_id").ConfigureAwait(false);
                _lines.Add($"at the last fault {open} mails were still on their way{string.Concat(waiting.Select(org => $"; {org[0]} {org[1]}"))}");
            }

            if (open == 0)
            {
                _lines.Add(FormattableString.Invariant($"all mail had come to its end {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s later"));
                return;
            }

            (least, at) = open < least ? (open, Stopwatch.GetTimestamp()) : (least, at);
            await Task.Delay(250).ConfigureAwait(false);
        }

        _violations.Add($"{least} mails stay on their way: none more came to its end in {patience.TotalSeconds:F0} s");
    }

    private void Losses(Dictionary<string, string> accepted, Dictionary<string, string> status, Dictionary<string, List<DateTimeOffset>> taken)
    {
        var lost = accepted.Values.Where(id => !status.ContainsKey(id)).ToList();
        var unsent = accepted.Values.Where(id => status.GetValueOrDefault(id) == "sent" && !taken.ContainsKey(id)).ToList();
        var twins = status.Keys.Except(accepted.Values).Count();
        _lines.Add($"accepted {accepted.Count}, lost {lost.Count + unsent.Count}, stored {string.Join(", ", status.Values.CountBy(each => each).Select(each => $"{each.Key} {each.Value}"))}");
        Violation(lost.Count > 0, $"{lost.Count} acknowledged mails are not in the store, as {lost.FirstOrDefault()}");
        Violation(unsent.Count > 0, $"{unsent.Count} mails are stored as sent and were never taken by the next hop, as {unsent.FirstOrDefault()}");
        Violation(twins > 0, $"{twins} deliveries belong to no acknowledged mail: one of a repeated request became two");
    }

    /// <summary>G2: a bound for each fault that took a node's attempts away, and no copy that no uncertain attempt explains.</summary>
    private void Copies(IReadOnlyList<LedgerMail> mails, Dictionary<string, int> uncertain, Dictionary<string, List<DateTimeOffset>> taken)
    {
        var copies = mails.Count - taken.Count;
        var unexplained = taken.Where(mail => mail.Value.Count - 1 > uncertain.GetValueOrDefault(mail.Key)).ToList();
        var interrupting = striker.Strikes.Where(strike => strike.Fault != Fault.Freeze || strike.WasReplaced).ToList();
        var each = options.Slots + (int)Math.Ceiling(options.Rate * CompletionInterval.TotalSeconds);
        var worst = interrupting.Count == 0 ? 0 : interrupting.Max(strike => (strike.Interrupted ?? []).Count(
            mail => taken.GetValueOrDefault(mail.Id) is { } times && times.Exists(at => at >= mail.ClaimedAt && at <= strike.At) && times.Exists(at => at > strike.At)));
        _lines.Add($"copies {copies}, of them unexplained {unexplained.Count}, uncertain attempts {uncertain.Values.Sum()}");
        _lines.Add($"bound {interrupting.Count} interruptions x ({options.Slots} connections in flight + {options.Rate}/s x {CompletionInterval.TotalMilliseconds:F0} ms) = {interrupting.Count * each}; most copies of one interruption {worst}, bound {each}");
        Violation(unexplained.Count > 0, $"{unexplained.Count} copies without an uncertain attempt, as {unexplained.FirstOrDefault().Key} ({unexplained.FirstOrDefault().Value?.Count} times)");
        Violation(copies > interrupting.Count * each, $"{copies} copies are more than the bound");
        Violation(worst > each, $"{worst} copies of one interruption are more than the bound");
    }

    private void Rates()
    {
        foreach (var org in orgs.Where(org => org.Rps is not null))
        {
            var most = cluster.Calls.MostInASecond(org.Sender);
            _lines.Add($"limited org {org.Id}: {cluster.Calls.Of(org.Sender)} calls, most in any one second {most} of {org.Rps}");
            Violation(most > org.Rps, $"{org.Id} had {most} calls in one second, over its limit of {org.Rps}");
        }
    }

    private void Times(Dictionary<string, List<DateTimeOffset>> taken)
    {
        striker.MarkDisturbed();
        var told = striker.Strikes.Where(strike => strike.Interrupted is { Count: > 0 }).ToList();
        var calm = told.Where(strike => !strike.IsDisturbed).ToList();
        var restarts = calm.Where(strike => strike is { Fault: Fault.KillAndRestart, ReadyAt: not null }).ToList();
        var losses = calm.Where(strike => strike.Fault == Fault.KillForLong).ToList();
        var freezes = calm.Where(strike => strike is { Fault: Fault.Freeze, WasReplaced: true }).ToList();
        _lines.Add($"interrupted mail back on the wire ({told.Count - calm.Count} faults beside troubles of the database left out):");
        var restart = Recovery.Of(restarts, taken, strike => strike.ReadyAt!.Value, all: false);
        _lines.Add($"  kill and restart, from ready:           first {restart}; all {Recovery.Of(restarts, taken, strike => strike.ReadyAt!.Value, all: true)}");
        _lines.Add($"  kill and restart, from its start:       first {Recovery.Of(restarts, taken, strike => strike.StartedAt!.Value, all: false)}; all {Recovery.Of(restarts, taken, strike => strike.StartedAt!.Value, all: true)}");
        var loss = Recovery.Of(losses, taken, strike => strike.At, all: false);
        _lines.Add($"  lost for good, from the kill (lease {options.Lease.TotalSeconds:F0} s): first {loss}; all {Recovery.Of(losses, taken, strike => strike.At, all: true)}");
        _lines.Add($"  stopped beyond its lease, from the stop: first {Recovery.Of(freezes, taken, strike => strike.At, all: false)}; all {Recovery.Of(freezes, taken, strike => strike.At, all: true)}");
        foreach (var slow in calm.Where(strike => !strike.IsQuick(taken, (strike.ReadyAt is null ? options.Lease : BackWithin) + options.Slack)))
        {
            _lines.Add($"  slow: {slow.Fault} {slow.Node} at {slow.At:HH:mm:ss.fff}, {slow.Interrupted!.Count} interrupted, first of them back {slow.Back(taken)?.TotalSeconds:F1} s after {(slow.ReadyAt is null ? "the fault" : "it was ready")}");
        }

        Violation(restart.Max > BackWithin + options.Slack, $"after a restart interrupted mail was back only after {restart.Max.TotalSeconds:F1} s");
        Violation(loss.Max > options.Lease + options.Slack, $"after a loss interrupted mail was back only after {loss.Max.TotalSeconds:F1} s");
    }

    private void Violation(bool isOne, string what)
    {
        if (isOne)
        {
            _violations.Add(what);
        }
    }
}
