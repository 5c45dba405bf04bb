namespace Mailroom.Data.Queries;

/// <summary>What a look at the schedule costs at most.</summary>
internal static class ScheduleBounds
{
    /// <summary>The longest due rows, among which the lanes are told apart.</summary>
    public const int Sample = 10_000;
}
