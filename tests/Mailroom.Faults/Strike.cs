namespace Mailroom.Faults;

/// <summary>A fault that took a node's attempts away, and when its mail was on the wire again.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="Node">To whom.</param>
/// <param name="At">When its process was gone, or stood still.</param>
/// <param name="Interrupted">The Message-IDs of unlimited orgs whose attempts were under way, as the database had it; null: it could not be asked.</param>
internal sealed record Strike(Fault Fault, string Node, DateTimeOffset At, IReadOnlySet<string>? Interrupted)
{
    /// <summary>When the restarted process was told to start; null: it was started only after others had replaced it.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it was ready.</summary>
    public DateTimeOffset? ReadyAt { get; set; }

    /// <summary>The database had troubles of its own while this went on, so its times say nothing of the cluster.</summary>
    public bool IsDisturbed { get; set; }

    /// <summary>The others declared the node lost, or it came back anew: its claims were somebody else's to judge.</summary>
    public bool WasReplaced { get; set; } = true;
}
