using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Mail;

/// <summary>The mail world outside: how it answers.</summary>
internal sealed class MailServer(SeededRandom random)
{
    /// <summary>How long a provider's attempt may take (MAIL_SMTP_TIMEOUT, shortened).</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private static readonly MailAct[] Misdeeds = [.. Enum.GetValues<MailAct>().Where(act => act != MailAct.Accepts)];

    private IReadOnlyList<MailAct> _misdeeds = Misdeeds;

    /// <summary>How often it misbehaves.</summary>
    public double Misbehaves { get; set; }

    /// <summary>Refuses every connection.</summary>
    public bool IsDown { get; set; }

    /// <summary>Longest time in which a healthy one takes each step.</summary>
    public double StepMilliseconds { get; set; } = 10;

    /// <summary>A world has some of the misdeeds, so that rare ones also come often.</summary>
    public void DrawHabits() => _misdeeds = random.Chance(0.3) ? Misdeeds : [.. Enumerable.Range(0, random.Between(1, 4)).Select(_ => random.Of(Misdeeds))];

    public MailAct Draw() => IsDown ? MailAct.Drops : random.Chance(Misbehaves) ? random.Of(_misdeeds) : MailAct.Accepts;

    public TimeSpan DrawStep() => random.Milliseconds(0.2, StepMilliseconds);

    /// <summary>How much later than it was made a call is seen here. What a limit is widened by (15 % of a second) is for this.</summary>
    public TimeSpan DrawArrival() => random.Milliseconds(0.1, 50);

    public AttemptReport Report(MailAct act, int recipients) => act switch
    {
        MailAct.Accepts or MailAct.AcceptsLate => Reports.Accepted,
        MailAct.Rejects or MailAct.RejectsAfter => Reports.Rejected,
        MailAct.Suppresses => Reports.SuppressedThere,
        MailAct.RefusesLogin => new() { Status = AttemptStatus.ProviderRejected, Reason = "authentication_failed", ReplyCode = 535 },
        MailAct.PutsOff or MailAct.PutsOffAfter => new() { Status = AttemptStatus.TransportFailed, Reason = "smtp_deferred", ReplyCode = 451 },
        MailAct.Drops => Reports.Unreachable,
        MailAct.Throttles => Reports.Throttled(random.Milliseconds(100, 2000)),
        MailAct.SlowsOrg => Reports.Throttled(TimeSpan.FromSeconds(1)) with { SlowsOrgFor = random.Milliseconds(200, 3000) },
        MailAct.TakesAndDrops or MailAct.DropsAfter or MailAct.TakesAndHangs or MailAct.HangsAfter => Reports.Uncertain,
        MailAct.HangsBefore => Reports.TimedOut,
        MailAct.TakesSome => Reports.Partly(Fates(recipients, RecipientStatus.Sent)),
        MailAct.TakesSomeAndDrops or MailAct.DropsAfterSome => Reports.Uncertain with { Recipients = Reports.Partly(Fates(recipients, RecipientStatus.Uncertain)).Recipients },
        _ => throw new InvalidOperationException($"Not an act: {act}."),
    };

    public static bool Takes(MailAct act) => act is MailAct.Accepts or MailAct.AcceptsLate or MailAct.TakesAndDrops or MailAct.TakesAndHangs or MailAct.TakesSome or MailAct.TakesSomeAndDrops;

    /// <summary>Answers before the final dot.</summary>
    public static bool IsEarly(MailAct act) => act is MailAct.Rejects or MailAct.Suppresses or MailAct.RefusesLogin or MailAct.PutsOff or MailAct.Drops
        or MailAct.Throttles or MailAct.SlowsOrg or MailAct.HangsBefore;

    public static bool Hangs(MailAct act) => act is MailAct.HangsBefore or MailAct.HangsAfter or MailAct.TakesAndHangs;

    /// <summary>One at least gets as far as the data.</summary>
    private IEnumerable<RecipientStatus> Fates(int recipients, RecipientStatus ofThoseInTheData) => Enumerable.Range(0, recipients)
        .Select(position => position == 0 ? ofThoseInTheData : random.Of([ofThoseInTheData, RecipientStatus.Pending, RecipientStatus.Failed]));
}
