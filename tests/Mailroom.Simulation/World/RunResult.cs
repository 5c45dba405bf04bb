using Mailroom.Simulation.Checking;

namespace Mailroom.Simulation.World;

/// <summary>What a run came to.</summary>
internal sealed record RunResult(ulong Seed, IReadOnlyList<Finding> Findings, ulong Digest, Figures Figures, History History)
{
    public bool IsClean => Findings.Count == 0;

    /// <summary>What was found, and the history around the first of it.</summary>
    public string Describe()
    {
        var lines = new List<string> { $"seed {Seed}, digest {Digest:x16}" };
        lines.AddRange(Findings.Select(finding => "  " + finding));
        if (Findings.Count > 0)
        {
            var first = Findings[0];
            lines.Add(first.Id is null ? "around it:" : $"of {first.Id}:");
            lines.AddRange(first.Id is null ? History.Lines(around: first.At) : History.Lines(first.Id));
        }

        return string.Join(Environment.NewLine, lines);
    }
}

/// <summary>What runs saw, added up.</summary>
internal sealed class Figures
{
    public long Seeds { get; set; }

    public long Kills { get; set; }

    public long Pauses { get; set; }

    public long Stops { get; set; }

    public long Mails { get; set; }

    public long Calls { get; set; }

    public long Copies { get; set; }

    public long Steps { get; set; }

    /// <summary>The largest share of a limit that an org's calls took of one sliding second.</summary>
    public double WorstShare { get; set; }

    public TimeSpan VirtualTime { get; set; }

    public void Add(Figures other)
    {
        Seeds += other.Seeds;
        Kills += other.Kills;
        Pauses += other.Pauses;
        Stops += other.Stops;
        Mails += other.Mails;
        Calls += other.Calls;
        Copies += other.Copies;
        Steps += other.Steps;
        WorstShare = Math.Max(WorstShare, other.WorstShare);
        VirtualTime += other.VirtualTime;
    }

    public override string ToString() => FormattableString.Invariant(
        $"{Seeds} seeds, {Kills} kills, {Pauses} pauses, {Stops} stops, {Mails} mails, {Calls} provider calls, {Copies} copies explained, worst second {WorstShare:P0} of its limit, {VirtualTime.TotalHours:F1} h of virtual time, {Steps} steps");
}
