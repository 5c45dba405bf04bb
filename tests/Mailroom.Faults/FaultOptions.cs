namespace Mailroom.Faults;

/// <summary>One run of random faults.</summary>
public sealed record FaultOptions
{
    public int Nodes { get; init; } = 3;

    /// <summary>Faults in all, of every kind.</summary>
    public int Kills { get; init; } = 200;

    /// <summary>No fault begins after this.</summary>
    public TimeSpan Most { get; init; } = TimeSpan.FromMinutes(25);

    public int Seed { get; init; } = 1;

    /// <summary>Mails a second by HTTP and by the stream together.</summary>
    public int Rate { get; init; } = 150;

    /// <summary>Within which a lost node has to be replaced.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What a machine that does other things too adds to the times within which interrupted mail has to be back.</summary>
    public TimeSpan Slack { get; init; }

    /// <summary>The service's program; null: as it was built beside this one.</summary>
    public string? Program { get; init; }

    /// <summary>Provider calls at the same time, of each node.</summary>
    public int Slots { get; init; } = 16;

    /// <summary>Between two faults: drawn from here to three times as much.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromSeconds(2.5);
}
