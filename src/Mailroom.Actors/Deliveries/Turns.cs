namespace Mailroom.Actors.Deliveries;

/// <summary>
/// Whose claim is next: urgent mail before other mail, but for every eighth turn; within each, the orgs by turns. A line that may
/// not send now stands in no turn. Only touched under the lock of <see cref="OrgLines"/>.
/// </summary>
internal sealed class Turns
{
    /// <summary>Urgent turns in a row while other mail waits.</summary>
    public const int LongestStreak = 7;

    private readonly Queue<OrgLine> _urgent = new();
    private readonly Queue<OrgLine> _normal = new();
    private int _streak;

    public bool IsEmpty => _urgent.Count == 0 && _normal.Count == 0;

    /// <summary>Puts a line's lanes that hold mail at the end, where they do not stand yet.</summary>
    public void Add(OrgLine line)
    {
        Add(line, line.Urgent, _urgent);
        Add(line, line.Normal, _normal);
    }

    /// <summary>The line and the lane of it whose turn it is, or null. It is put back with <see cref="Add(OrgLine)"/>.</summary>
    public (OrgLine Line, Lane Lane)? Next()
    {
        while (!IsEmpty)
        {
            var urgent = _urgent.Count > 0 && (_streak < LongestStreak || _normal.Count == 0);
            var line = (urgent ? _urgent : _normal).Dequeue();
            line.LaneOf(urgent).HasTurn = false;
            if (LaneOf(line, urgent) is { IsEmpty: false } lane)
            {
                return (line, lane);
            }
        }

        return null;
    }

    /// <summary>The turn was used.</summary>
    public void Took(OrgLine line, Lane lane)
    {
        _streak = lane.IsUrgent && _normal.Count > 0 ? _streak + 1 : 0;
        line.Streak = lane.IsUrgent && !line.Normal.IsEmpty ? line.Streak + 1 : 0;
    }

    /// <summary>An org with a limit has few turns: those too it shares out among its own lanes.</summary>
    private static Lane LaneOf(OrgLine line, bool urgent) =>
        urgent && line.Streak >= LongestStreak && !line.Normal.IsEmpty ? line.Normal : line.LaneOf(urgent);

    private static void Add(OrgLine line, Lane lane, Queue<OrgLine> turns)
    {
        if (!lane.IsEmpty && !lane.HasTurn)
        {
            lane.HasTurn = true;
            turns.Enqueue(line);
        }
    }
}
