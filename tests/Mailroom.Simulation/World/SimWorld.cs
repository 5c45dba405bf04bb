using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Simulation.Checking;
using Mailroom.Simulation.Defects;
using Mailroom.Simulation.Mail;
using Mailroom.Simulation.Producers;
using Mailroom.Simulation.Redis;
using Mailroom.Simulation.Store;

namespace Mailroom.Simulation.World;

/// <summary>What a run is to be beside its seed.</summary>
/// <param name="Nodes">Null: the seed says how many.</param>
/// <param name="Keeps">Keep the whole history, to be shown.</param>
internal sealed record RunOptions(int? Nodes = null, Defect Defect = Defect.None, bool Keeps = false);

/// <summary>
/// A whole world on one thread under one seed: the real nodes, and simulated around them time, clocks, database, stream, mail server, callers,
/// operators and accidents. To be made and run on the same thread.
/// </summary>
internal sealed partial class SimWorld
{
    private readonly SeededRandom _random;
    private readonly List<Machine> _machines = [];
    private readonly List<RunningNode> _nodes = [];
    private readonly Dictionary<long, int> _copyBounds = [];
    private readonly ulong _seed;
    private int _processes;
    private bool _isOver;

    public SimWorld(ulong seed, RunOptions options)
    {
        _seed = seed;
        _random = new SeededRandom(seed).Fork();
        Plan = WorldPlan.Draw(_random.Fork(), options.Nodes);
        Timeline = new(_random.Fork());
        History = new(Timeline, options.Keeps);
        Findings = new(Timeline);
        Defects = new(options.Defect);
        Ledger = new(Timeline, History);
        Database = DatabaseServer.Make(Timeline, _random.Fork());
        Owners = new(Timeline, Findings, History) { Gone = NoteBound };
        Network = new(Timeline, _random.Fork(), History, At) { Encodes = Plan.Encodes };
        StoreAudit = new(Database, Owners, Ledger, Findings, History) { MayEnd = MayEnd };
        MailServer = new(_random.Fork()) { StepMilliseconds = Plan.StepMilliseconds };
        Redis = new(Timeline, _random.Fork(), History);
        Intake = new(Database, Redis, StoreAudit, Owners, Ledger, Findings, History);
        Callers = new(this, _random.Fork());
        Producer = new(this, _random.Fork());
        Operators = new(this, _random.Fork());
        Database.Memory.TookEffect = StoreAudit.TookEffect;
        Ledger.Beginning = Beginning;
        Defects.Spoil(Database);
        Orgs = [.. Plan.Limits.Select((limit, index) => limit == 0 && index == 0 ? OrgId.Default : new OrgId("org_" + index))];
        LimitedOrgs = [.. Orgs.Where((_, index) => Plan.Limits[index] > 0)];
    }

    public WorldPlan Plan { get; }

    public Timeline Timeline { get; }

    public History History { get; }

    public Findings Findings { get; }

    public Ledger Ledger { get; }

    public DatabaseServer Database { get; }

    public OwnerAudit Owners { get; }

    public Network Network { get; }

    public StoreAudit StoreAudit { get; }

    public IntakeAudit Intake { get; }

    public MailServer MailServer { get; }

    public RedisServer Redis { get; }

    public Callers Callers { get; }

    public StreamProducer Producer { get; }

    public Operators Operators { get; }

    public DefectivePorts Defects { get; }

    public CountingIds Ids { get; } = new();

    public IReadOnlyList<OrgId> Orgs { get; }

    /// <summary>Those that are made with a limit before their mail comes.</summary>
    public IReadOnlyList<OrgId> LimitedOrgs { get; }

    public Figures Figures { get; } = new() { Seeds = 1 };

    /// <summary>A node that a caller gets through to, which may be a paused one; null: none.</summary>
    public RunningNode? Reachable(SeededRandom random)
    {
        var open = _nodes.FindAll(node => node.IsOpen && !node.Process.IsDead && node.Process.Machine.IsReachable);
        return open.Count == 0 ? null : random.Of(open);
    }

    /// <summary>A process ends at once, and its machine starts another after a while.</summary>
    public void Kill(SimProcess process, string why)
    {
        if (process.IsDead)
        {
            return;
        }

        History.Add(process.Machine.Number, why, null, process.Number);
        if (why != "stopped")
        {
            Figures.Kills++;
            NoteBound(process.Incarnation);
        }

        process.Die();
        _nodes.RemoveAll(node => node.Process == process);
        if (_nodes.Any(node => node.Process.Machine == process.Machine))
        {
            // Another one has its place already.
            return;
        }

        Timeline.After(_isQuiet ? TimeSpan.FromMilliseconds(50) : _random.Milliseconds(1, 2000), () => Start(process.Machine));
    }

    /// <summary>An exception that would have ended a process.</summary>
    public void Crashed(Exception why) => Findings.Add(Broken.Fault, null, "An exception reached the end of its process: " + why);

    private void Start(Machine machine)
    {
        if (!_isOver && !_nodes.Any(node => node.Process.Machine == machine))
        {
            StartAnother(machine);
        }
    }

    private void StartAnother(Machine machine)
    {
        var process = new SimProcess(Timeline, machine, ++_processes, _random.Fork(), Crashed);
        var node = new RunningNode(this, process);
        _nodes.Add(node);
        node.Start();
    }

    /// <summary>Its process still tells the attempt's outcome, or is gone.</summary>
    private bool MayEnd(ClaimToken token) => _nodes.Find(node => node.Process == Owners.ProcessOf(token.Incarnation))?.MayEnd(token) != false;

    private void Beginning(CallRecord call, OutboundMail mail)
    {
        StoreAudit.Beginning(call, mail);
        var underWay = Ledger.Calls.Count(other => other.Process == call.Process && other.Report is null);
        if (underWay >= Plan.Slots)
        {
            Findings.Add(Broken.Attempt, call.Id, $"{underWay + 1} calls at once; a node has {Plan.Slots} slots.");
        }
    }

    /// <summary>
    /// What a dying process may leave as copies: the calls under way, and those whose outcome is not stored, or was by others at its claim's end because nobody
    /// could say it.
    /// </summary>
    private void NoteBound(long incarnation)
    {
        if (incarnation == 0 || _copyBounds.ContainsKey(incarnation))
        {
            return;
        }

        // One that was replaced while it lives may begin calls until its lease runs out: nothing bounds those but its slots, again and again.
        _copyBounds[incarnation] = Owners.IsReplacedUnawares(incarnation)
            ? int.MaxValue
            : Ledger.Calls.Count(call => StoreAudit.Attempt(call.Id, call.AttemptNo) is { } attempt && attempt.Incarnation == incarnation && (attempt.EndedAt is null || attempt.EndedByLoss));
    }

    /// <summary>The newest process on a machine that has an address; null: none listens there.</summary>
    private RunningNode? At(string address) => _nodes.FindLast(node => node.Process.Machine.Name == address);
}
