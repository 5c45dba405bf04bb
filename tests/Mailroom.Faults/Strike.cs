namespace Mailroom.Faults;

/// <summary>A fault that took a node's attempts away, and when its mail was on the wire again.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="Node">To whom.</param>
/// <param name="At">When its process was gone, or stood still.</param>
/// <param name="Interrupted">What was being sent, as the database had it; null: it could not be asked.</param>
internal sealed record Strike(Fault Fault, string Node, DateTimeOffset At, IReadOnlyList<InterruptedMail>? Interrupted)
{
    /// <summary>When the restarted process was told to start; null: it was started only after others had replaced it.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it was ready.</summary>
    public DateTimeOffset? ReadyAt { get; set; }

    /// <summary>The database had troubles of its own while this went on, so its times say nothing of the cluster.</summary>
    public bool IsDisturbed { get; set; }

    /// <summary>The others declared the node lost, or it came back anew: its claims were somebody else's to judge.</summary>
    public bool WasReplaced { get; set; } = true;

    /// <summary>From when it was ready again, or where it did not come back from the fault itself, to the first of its mails at the next hop.</summary>
    public TimeSpan? Back(IReadOnlyDictionary<string, List<DateTimeOffset>> taken)
    {
        var spans = Recovery.Of([this], taken, static strike => strike.ReadyAt ?? strike.At, all: false).Spans;
        return spans.Count == 0 ? null : spans[0];
    }

    public bool IsQuick(IReadOnlyDictionary<string, List<DateTimeOffset>> taken, TimeSpan within) => !(Back(taken) > within);
}

/// <summary>A mail whose attempt a fault ended.</summary>
/// <param name="Id">The delivery's.</param>
/// <param name="ClaimedAt">When the attempt began.</param>
/// <param name="IsLimited">Its org has a limit, so that it waits for its turn in any case.</param>
internal sealed record InterruptedMail(string Id, DateTimeOffset ClaimedAt, bool IsLimited);
