namespace Mailroom.Actors.Cluster;

/// <summary>The rhythms of membership.</summary>
public sealed record ClusterOptions
{
    /// <summary>Within this time a node that was lost is replaced: its lease runs out, somebody notices, and the shards are taken.</summary>
    public TimeSpan ReplacedWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between two renewals.</summary>
    public TimeSpan Beat => ReplacedWithin / 15;

    /// <summary>How long a renewal holds: what is left is for noticing and taking over.</summary>
    public TimeSpan Lease => ReplacedWithin * 0.8;

    /// <summary>
    /// How long a node has to have been in touch with the database before it declares others lost: after an outage of the database all leases
    /// have run out, and whoever comes back first must not take the others for dead.
    /// </summary>
    public TimeSpan Steady => Beat * 3;

    /// <summary>How long writes in flight may hold up giving a shard away; what is not durable by then is refused by the database.</summary>
    public TimeSpan DrainWithin { get; init; } = TimeSpan.FromSeconds(2);
}
