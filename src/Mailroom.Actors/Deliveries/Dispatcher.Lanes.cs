using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// What waits in memory and what in the store. Each lane holds a bounded part of its org's mail, so that an org with a million of
/// them takes neither the memory nor the scan from others; a lane that runs low has the rest read, and a paused org's holds nothing.
/// </summary>
public sealed partial class Dispatcher : IDueLines
{
    /// <summary>Deliveries that every lane may hold, however many others wait.</summary>
    private const int LeastRoom = 8;

    /// <summary>Deliveries in the lane of an org with a limit: more than enough for the time that reading more takes.</summary>
    private const int LimitedRoom = 64;

    private readonly HashSet<Lane> _behind = [];
    private bool _wantsMore;
    private bool _mustLook;

    /// <summary>Called when the store holds more for a lane that runs low: the scan should look soon. Must not block.</summary>
    public Action? MoreWanted { get; set; }

    /// <summary>Rows that belong to no lane are told whatever waits: they are claims that ran out.</summary>
    public int Room => Math.Max(_options.Waiting - Waiting, LeastRoom);

    /// <summary>Never: a lane knows what it left.</summary>
    public Instant? TakeDropped() => null;

    public bool Admits(DueRow row, bool isLast)
    {
        if (row.Group is not { } group)
        {
            return true;
        }

        lock (Gate)
        {
            var (org, urgent) = LaneName.Parse(group);
            if (_stopped || _waiting.Contains(row.Id))
            {
                return false;
            }

            if (Lines.Of(org) is not { } line)
            {
                return false;
            }

            var lane = line.LaneOf(urgent);
            var admits = Admits(line, lane, row.At);
            if (!admits || isLast)
            {
                Leave(line, lane, row.At);
            }

            return admits;
        }
    }

    public IReadOnlyList<DueWish> TakeWishes()
    {
        lock (Gate)
        {
            _wantsMore = false;
            return [.. _behind.Where(WantsMore).Select(lane => new DueWish(lane.Group, lane.Count + RoomOf(lane), lane.Leavings))];
        }
    }

    public void Granted(DueWish wish, Instant? upTo)
    {
        lock (Gate)
        {
            var (org, urgent) = LaneName.Parse(wish.Group);
            if (Lines.Find(org)?.LaneOf(urgent) is { } lane)
            {
                lane.Refilled(upTo, wish.Stamp);
                if (lane.Behind is null)
                {
                    _behind.Remove(lane);
                }
            }
        }
    }

    /// <summary>What waits by org and lane, those with the oldest due time first, and what is out.</summary>
    /// <param name="most">Lanes at most.</param>
    public DispatchFigures Figures(int most)
    {
        lock (Gate)
        {
            var lanes = Lines.Each.SelectMany(IEnumerable<Lane> (line) => [line.Urgent, line.Normal])
                .Where(lane => !lane.IsEmpty || lane.Behind is not null)
                .Select(lane => new LaneFigures(lane.Org, lane.IsUrgent, lane.Count, lane.OldestDue ?? lane.Behind!.Value, lane.Behind is not null))
                .OrderBy(lane => lane.OldestDue)
                .Take(most);
            return new([.. lanes], _taken, Lines.Each.Sum(line => line.Ahead));
        }
    }

    private bool Admits(OrgLine line, Lane lane, Instant due) => !(lane.Behind < due) && RoomOf(line, lane) > 0;

    private int RoomOf(Lane lane) => Lines.Find(lane.Org) is { } line ? RoomOf(line, lane) : 0;

    private int RoomOf(OrgLine line, Lane lane)
    {
        if (Lines.IsPaused(line))
        {
            return 0;
        }

        var most = _waiting.Count >= _options.Waiting ? LeastRoom : CapacityOf(line);
        return Math.Max(0, most - lane.Count);
    }

    private int CapacityOf(OrgLine line) =>
        line.Terms is { Spacing: null } ? Math.Max(_options.Waiting / 2, LeastRoom) : Math.Min(LimitedRoom, Math.Max(_options.Waiting / 2, LeastRoom));

    private bool WantsMore(Lane lane) => Lines.Find(lane.Org) is { } line && RunsLow(line, lane);

    private bool RunsLow(OrgLine line, Lane lane) => RoomOf(line, lane) is > 0 and var room && lane.Count <= room;

    private void Leave(OrgLine line, Lane lane, Instant due)
    {
        lane.Leave(due);
        _behind.Add(lane);
        if (Lines.IsPaused(line))
        {
            Sleep(line, Lines.Now + PauseCheck);
        }
    }

    private void NoteRoom(OrgLine line, Lane lane)
    {
        if (lane.Behind is not null && !_wantsMore && RunsLow(line, lane))
        {
            _wantsMore = true;
            Volatile.Write(ref _mustLook, true);
        }
    }

    private void LookForMore()
    {
        if (Volatile.Read(ref _mustLook))
        {
            Volatile.Write(ref _mustLook, false);
            MoreWanted?.Invoke();
        }
    }

    /// <summary>New terms: a paused org's mail leaves memory, one that goes on has it read again at once.</summary>
    private void Follow(OrgLine changed)
    {
        if (changed == Lines.All)
        {
            foreach (var line in Lines.Each)
            {
                FollowOne(line);
            }
        }
        else
        {
            FollowOne(changed);
        }
    }

    private void FollowOne(OrgLine line)
    {
        if (Lines.IsPaused(line))
        {
            Empty(line, line.Urgent);
            Empty(line, line.Normal);
            return;
        }

        _turns.Add(line);
        NoteRoom(line, line.Urgent);
        NoteRoom(line, line.Normal);
    }

    private void Empty(OrgLine line, Lane lane)
    {
        while (!lane.IsEmpty)
        {
            var waiter = lane.Dequeue();
            _waiting.Remove(waiter.Id.Value);
            Leave(line, lane, waiter.DueAt);
        }
    }

    /// <summary>Its time has come: mail that waits for it goes on, and a paused org is asked whether it still is.</summary>
    private void Awaken(OrgLine line, TimeSpan now)
    {
        if (!Lines.IsPaused(line))
        {
            _turns.Add(line);
        }
        else if (line.Urgent.Behind is not null || line.Normal.Behind is not null)
        {
            Lines.Want(line, now);
            Sleep(line, now + PauseCheck);
        }
    }

    /// <summary>The delivery could not be asked: its row is still due.</summary>
    private void LeaveAndRelease(OrgLine line, Lane lane, Instant due)
    {
        lock (Gate)
        {
            Leave(line, lane, due);
        }

        Release(line);
    }
}

/// <summary>What a node's dispatcher has in hand.</summary>
/// <param name="Lanes">By oldest due time.</param>
/// <param name="Claims">Claims that are out.</param>
/// <param name="Ahead">Of them, those whose provider call has not begun.</param>
public sealed record DispatchFigures(IReadOnlyList<LaneFigures> Lanes, int Claims, int Ahead);

/// <summary>One lane of an org.</summary>
/// <param name="Org">Whose.</param>
/// <param name="IsUrgent">Which lane.</param>
/// <param name="Waiting">Deliveries of it in memory.</param>
/// <param name="OldestDue">When the one that waits longest was due.</param>
/// <param name="HasMore">More of it wait in the store.</param>
public sealed record LaneFigures(OrgId Org, bool IsUrgent, int Waiting, Instant OldestDue, bool HasMore);
