namespace Mailroom.Faults;

/// <summary>What came of a run.</summary>
/// <param name="Lines">The figures, for people.</param>
/// <param name="Violations">What Mailroom promises and did not keep.</param>
public sealed record Reckoning(IReadOnlyList<string> Lines, IReadOnlyList<string> Violations);
