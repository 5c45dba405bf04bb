namespace Mailroom.Simulation.World;

/// <summary>
/// What a seed's world is like: how many take part, and how often what goes wrong. Each world has only some of the faults, so that a run
/// sees each of them alone, together with each other one, and often.
/// </summary>
internal sealed record WorldPlan
{
    /// <summary>How long mail comes in and things go wrong; then it is quiet until all is settled.</summary>
    public required TimeSpan Active { get; init; }

    public required int Nodes { get; init; }

    /// <summary>The only node shares the store with nobody.</summary>
    public required bool IsAlone { get; init; }

    public required int Mails { get; init; }

    public required int Entries { get; init; }

    /// <summary>Each org's limit; 0: none.</summary>
    public required IReadOnlyList<int> Limits { get; init; }

    public required int Slots { get; init; }

    public required int OperatorActs { get; init; }

    public required int Kills { get; init; }

    public required int Pauses { get; init; }

    /// <summary>A paused process has its place taken by another one, and goes on later.</summary>
    public required int Replacements { get; init; }

    public required NetworkFaults Network { get; init; }

    public required int Splits { get; init; }

    /// <summary>What nodes send each other goes through its bytes.</summary>
    public required bool Encodes { get; init; }

    public required int Stops { get; init; }

    public required int ClockJumps { get; init; }

    public required bool ClocksDiffer { get; init; }

    public required Store.DatabaseFaults Database { get; init; }

    public required int Outages { get; init; }

    public required int Stalls { get; init; }

    public required int Partitions { get; init; }

    public required int Trims { get; init; }

    public required int RedisResets { get; init; }

    public required int RedisOutages { get; init; }

    public required double RedisFails { get; init; }

    public required double MailMisbehaves { get; init; }

    public required int MailOutages { get; init; }

    public required double StepMilliseconds { get; init; }

    public static WorldPlan Draw(SeededRandom random, int? nodes)
    {
        int Some(double often, int most) => random.Chance(often) ? random.Between(1, most) : 0;
        double Rate(double often, double most) => random.Chance(often) ? most * random.Fraction() * random.Fraction() : 0;
        var count = nodes ?? random.Of([1, 1, 1, 2, 2, 2, 3, 3, 4, 5]);
        var active = random.Milliseconds(4_000, 20_000);
        return new()
        {
            Active = active,
            Nodes = count,
            IsAlone = count == 1 && random.Chance(0.7),
            Mails = random.Between(5, 60),
            Entries = random.Chance(0.6) ? random.Between(3, 50) : 0,
            Limits = [.. Enumerable.Range(0, random.Between(1, 4)).Select(_ => random.Of([0, 0, 1, 2, 5, 10, 30]))],
            Slots = random.Between(1, 6),
            OperatorActs = Some(0.5, 8),
            Kills = Some(0.5, 4),
            Pauses = Some(0.4, 3),
            Replacements = Some(0.15, 2),
            Network = new(Rate(0.4, 0.4), Rate(0.3, 0.3), Rate(0.3, 0.3)),
            Splits = count > 1 ? Some(0.4, 3) : 0,
            Encodes = random.Chance(0.15),
            Stops = Some(0.3, 2),
            ClockJumps = Some(0.2, 3),
            ClocksDiffer = random.Chance(0.5),
            Database = new()
            {
                Fails = Rate(0.3, 0.2),
                LosesAnswer = Rate(0.4, 0.3),
                Slow = Rate(0.3, 0.2),
                Kills = Rate(0.3, 0.05),
            },
            Outages = Some(0.2, 2),
            Stalls = Some(0.2, 3),
            Partitions = Some(0.3, 4),
            Trims = Some(0.2, 3),
            RedisResets = Some(0.15, 2),
            RedisOutages = Some(0.2, 2),
            RedisFails = Rate(0.2, 0.2),
            MailMisbehaves = random.Chance(0.7) ? random.Fraction() * 0.7 : 0,
            MailOutages = Some(0.15, 2),
            StepMilliseconds = random.Of([2.0, 20, 200, 500]),
        };
    }
}
