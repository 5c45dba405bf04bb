namespace Mailroom.Simulation.World;

/// <summary>A machine that a node runs on: its clocks, and whom it reaches. It outlives its processes.</summary>
internal sealed class Machine(int number, MachineClock clock)
{
    public int Number { get; } = number;

    public string Name { get; } = "node-" + number;

    public MachineClock Clock { get; } = clock;

    public bool ReachesDatabase { get; set; } = true;

    public bool ReachesRedis { get; set; } = true;

    /// <summary>Callers reach it.</summary>
    public bool IsReachable { get; set; } = true;
}
