namespace Mailroom.Simulation.Checking;

/// <summary>Which promise was broken (<c>G1</c> to <c>G8</c>), or which invariant beneath them.</summary>
internal enum Broken
{
    /// <summary>G1: something accepted is lost, or never ends.</summary>
    Loss,

    /// <summary>G2: a copy that nothing explains.</summary>
    Copy,

    /// <summary>G3: one mail under two identities, or two mails under one.</summary>
    Identity,

    /// <summary>G4: one key, two deliveries.</summary>
    Key,

    /// <summary>G5: more provider calls than the org's limit, or calls while it is paused.</summary>
    Rate,

    /// <summary>G6: an entry of a stream that was passed over or counted twice.</summary>
    Intake,

    /// <summary>G8: what a dead process left is not taken up in time.</summary>
    Recovery,

    /// <summary>A write that must not have taken effect.</summary>
    Store,

    /// <summary>An attempt was made that must not have begun, or ended otherwise than it did.</summary>
    Attempt,

    /// <summary>Something failed inside Mailroom.</summary>
    Fault,

    /// <summary>The run itself: it does not end, or cannot be repeated.</summary>
    Run,
}

/// <summary>One broken promise.</summary>
/// <param name="Kind">Which.</param>
/// <param name="At">When it was seen, in true time.</param>
/// <param name="Id">Of what; null: of no one thing.</param>
/// <param name="Text">What is wrong.</param>
internal sealed record Finding(Broken Kind, TimeSpan At, string? Id, string Text)
{
    public override string ToString() => FormattableString.Invariant($"{Kind} at {At.TotalSeconds:F4} s{(Id is null ? "" : $" ({Id})")}: {Text}");
}

/// <summary>What was found in a run, the first of it: after many the rest says nothing new.</summary>
internal sealed class Findings(World.Timeline timeline)
{
    private const int Most = 20;

    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    public void Add(Broken kind, string? id, string text, TimeSpan? at = null)
    {
        if (_all.Count < Most)
        {
            _all.Add(new(kind, at ?? timeline.Now, id, text));
        }
    }
}
