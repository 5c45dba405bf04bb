using Mailroom.Actors.Deliveries;
using Mailroom.Simulation.Checking;
using Mailroom.Simulation.Store;

namespace Mailroom.Simulation.World;

/// <summary>The course of a run: an active time in which things go wrong, and a quiet one in which all has to settle.</summary>
internal sealed partial class SimWorld
{
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>A start, one read of claims, and their commits, without faults (G8); in a cluster a lease may have to run out first.</summary>
    private TimeSpan RecoveryBound => TimeSpan.FromSeconds(3.5) + (Plan.IsAlone ? TimeSpan.Zero : RunningNode.ReplacedWithin);

    private bool _isQuiet;
    private bool _isSettled;

    public RunResult Run()
    {
        try
        {
            Prepare();
            Timeline.RunUntil(Plan.Active);
            BeginQuiet();
            Timeline.RunUntil(Plan.Active + LongestQuiet, () => _isSettled);
            Check();
        }
        catch (SimulationException why)
        {
            Findings.Add(Broken.Run, null, why.Message);
        }

        Figures.Mails = Database.Deliveries.Rows.Count;
        Figures.Calls = Ledger.Calls.Count;
        Figures.VirtualTime = Timeline.Now;
        Figures.Steps = Timeline.Steps;
        return new(_seed, Findings.All, History.Digest, Figures, History);
    }

    private void Prepare()
    {
        for (var number = 0; number < Plan.Nodes; number++)
        {
            var clock = Plan.ClocksDiffer ? new MachineClock(_random.Between(-500, 500), _random.Milliseconds(-3000, 3000)) : new MachineClock(0, TimeSpan.Zero);
            _machines.Add(new(number, clock));
            Start(_machines[number]);
        }

        foreach (var org in LimitedOrgs)
        {
            Operators.Make(org, Plan.Limits[Orgs.ToList().IndexOf(org)]);
        }

        // The first moments are whole, so that every world has something to lose.
        Timeline.RunUntil(TimeSpan.FromMilliseconds(300));
        MailServer.DrawHabits();
        MailServer.Misbehaves = Plan.MailMisbehaves;
        Database.Faults = Plan.Database;
        Redis.Fails = Plan.RedisFails;
        Network.Faults = Plan.Network;
        Repeat(Plan.Mails, () => Callers.Plan(Plan.Active));
        Repeat(Plan.Entries, () => Producer.Plan(Plan.Active));
        Repeat(Plan.OperatorActs, () => Operators.Plan(Plan.Active));
        PlanAccidents();
    }

    private void BeginQuiet()
    {
        _isQuiet = true;
        History.Add(-1, "quiet");
        Network.Faults = new();
        Network.MendAll();
        Database.Faults = DatabaseFaults.None;
        Database.IsDown = false;
        MailServer.Misbehaves = 0;
        MailServer.IsDown = false;
        MailServer.StepMilliseconds = 10;
        Redis.IsDown = false;
        Redis.Fails = 0;
        foreach (var machine in _machines)
        {
            (machine.ReachesDatabase, machine.ReachesRedis, machine.IsReachable) = (true, true, true);
            Start(machine);
        }

        foreach (var node in _nodes.ToList())
        {
            node.Process.Resume();
        }

        Timeline.After(RecoveryBound, CheckRecovery);
        LookWhetherSettled();
    }

    private void LookWhetherSettled()
    {
        Operators.ResumeAll();
        if (Timeline.Now - Plan.Active > RecoveryBound && IsSettled())
        {
            // What still hangs about gets its time to do harm.
            Timeline.After(TimeSpan.FromSeconds(1), () => _isSettled = IsSettled());
        }

        Timeline.After(Look, LookWhetherSettled);
    }

    private bool IsSettled() => Callers.Open == 0 && Database.Deliveries.Waiting == 0
        && (Redis.Entries.Count == 0 || Redis.Entries[^1].Id == Database.Streams[Simulation.Redis.RedisServer.Stream]?.Offset);

    private void CheckRecovery()
    {
        foreach (var row in Database.Deliveries.Rows)
        {
            if (row.State is { Status: DeliveryStatus.Sending, Claim.Token: var token } && Owners.IsLost(token.Incarnation))
            {
                Findings.Add(Broken.Recovery, row.Id, $"Still claimed by incarnation {token.Incarnation}, which is lost, {RecoveryBound.TotalSeconds} s after all is well.");
            }
        }
    }

    private void Check()
    {
        _isOver = true;
        if (!_isSettled)
        {
            History.Add(-1, "not_settled");
        }

        var ends = new EndChecks(Database, StoreAudit, Ledger, Findings);
        ends.Run();
        foreach (var (incarnation, bound) in _copyBounds)
        {
            ends.CheckBound(incarnation, bound);
        }

        Intake.CheckEnd();
        var rates = new RateCheck(StoreAudit, Ledger, Findings);
        rates.Run(Lag);
        Figures.Copies = ends.CopiesExplained;
        Figures.WorstShare = rates.WorstShare;
    }

    /// <summary>A process alone hears of a pause as it is stored; two, and one that was replaced and does not know it yet, when their terms run out.</summary>
    private TimeSpan Lag => Plan is { Nodes: 1, Replacements: 0 } ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(5.5);

    private static void Repeat(int times, Action action)
    {
        for (var done = 0; done < times; done++)
        {
            action();
        }
    }
}
