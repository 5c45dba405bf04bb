using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>How much a node does at once.</summary>
/// <param name="Slots">Attempts at the same time (C29).</param>
/// <param name="ClaimFor">How long a claim holds: the provider's own deadline and 30 s (D17).</param>
public sealed record DispatchOptions(int Slots, TimeSpan ClaimFor)
{
    /// <summary>
    /// Claims beyond the slots: their commits and payloads are on the way while the slots are in use, so that a slot never waits
    /// for the database. After a crash they count as uncertain like any claim, though none of them can be a duplicate.
    /// </summary>
    public int Ahead { get; init; } = 2 * Slots;

    /// <summary>Deliveries that may wait for a slot in memory, beside a few of every org; more wait in the store, where the scan finds them.</summary>
    public int Waiting { get; init; } = 4096;
}

/// <summary>
/// Hands a node's slots to deliveries: to a fresh one at its acceptance where one is free, else in turn between orgs, each as its
/// org allows. It may forget everything at any time, because what waits is due in the store.
/// </summary>
public sealed partial class Dispatcher : IDisposable
{
    /// <summary>How often a paused org is asked whether it still is: another node may have heard that it goes on.</summary>
    private static readonly TimeSpan PauseCheck = TimeSpan.FromSeconds(1);

    private readonly IActorHost _deliveries;
    private readonly DispatchOptions _options;
    private readonly TimeProvider _clock;
    private readonly Turns _turns = new();
    private readonly PriorityQueue<OrgLine, TimeSpan> _sleeping = new();
    private readonly HashSet<string> _waiting = [];
    private int _pumping;
    private int _taken;
    private long _incarnation;
    private long _sequence;
    private bool _stopped = true;

    /// <param name="deliveries">This node's own: a claim is for a delivery that is here.</param>
    /// <param name="orgs">Wherever they are.</param>
    public Dispatcher(IActorHost deliveries, IActorHost orgs, DispatchOptions options, TimeProvider clock)
    {
        _deliveries = deliveries;
        _options = options;
        _clock = clock;
        Lines = new(orgs, clock);
        Lines.Changed += TermsCame;
    }

    /// <summary>Provider calls at the same time.</summary>
    public int Slots => _options.Slots;

    /// <summary>How many claims are out, those ahead included.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>How many deliveries wait in memory.</summary>
    public int Waiting
    {
        get
        {
            lock (Gate)
            {
                return _waiting.Count;
            }
        }
    }

    internal OrgLines Lines { get; }

    private Lock Gate => Lines.Gate;

    public void Start(long incarnation)
    {
        lock (Gate)
        {
            _incarnation = incarnation;
            _stopped = false;
        }

        Lines.Start(incarnation);
    }

    /// <summary>Gives out no more slots.</summary>
    public void Stop()
    {
        lock (Gate)
        {
            _stopped = true;
        }
    }

    public void Dispose() => Lines.Dispose();

    /// <summary>A claim for a mail that is just being accepted, or null when no slot is free, others are before it or its org does not allow a call now.</summary>
    /// <param name="org">Whose mail.</param>
    /// <param name="urgent">It goes before the org's other mail.</param>
    /// <param name="witness">Hears the answer to the accept: where no attempt begins, the slot is free again.</param>
    public Claim? TryTake(OrgId org, bool urgent, out IReplyTo? witness)
    {
        witness = null;
        Claim? claim = null;
        lock (Gate)
        {
            if (_turns.IsEmpty && Lines.Of(org) is { } line && line.LaneOf(urgent).IsEmpty && (urgent || line.Urgent.IsEmpty) && MayClaim(line, Lines.Now) is null)
            {
                claim = TakeLocked(line);
                witness = claim is null ? null : line.FreshClaims ??= new FreshClaim(this, line);
            }
        }

        Lines.Ask();
        return claim;
    }

    /// <summary>Puts a delivery in its org's line.</summary>
    public void Await(AwaitSlot wait)
    {
        lock (Gate)
        {
            if (_stopped || _waiting.Contains(wait.Id.Value))
            {
                return;
            }

            if (Lines.Of(wait.Org) is not { } line)
            {
                // So many orgs are busy that this one's mail has to wait for a repair of the scan.
                return;
            }

            var lane = line.LaneOf(wait.Urgent);
            if (!Admits(line, lane, wait.DueAt))
            {
                Leave(line, lane, wait.DueAt);
                return;
            }

            // Asked for now, so that the org does not lose its turn for want of an answer.
            if (line.Terms is null)
            {
                Lines.Want(line, Lines.Now);
            }

            _waiting.Add(wait.Id.Value);
            lane.Enqueue(new(wait.Id, wait.DueAt, wait.Request));
            _turns.Add(line);
        }

        Pump();
    }

    /// <summary>A slot of <paramref name="org"/> is free again. <paramref name="called"/>: its call was begun.</summary>
    public void Release(OrgId org, bool called)
    {
        lock (Gate)
        {
            // A claim keeps its line in memory, so it is there.
            GiveBack(Lines.Find(org) ?? throw new InvalidOperationException($"{org} has no line."), called);
        }

        Pump();
    }

    private void Release(OrgLine line)
    {
        lock (Gate)
        {
            GiveBack(line, called: false);
        }

        Pump();
    }

    private void GiveBack(OrgLine line, bool called)
    {
        Interlocked.Decrement(ref _taken);
        line.Claims--;
        if (!called)
        {
            line.Ahead--;
        }

        // With one less ahead its next claim may be due earlier.
        _turns.Add(line);
    }

    /// <summary>One thread at a time, and never from within itself: a refused ask answers at once and would come back here.</summary>
    private void Pump()
    {
        if (Interlocked.Increment(ref _pumping) != 1)
        {
            return;
        }

        int asked;
        do
        {
            asked = Volatile.Read(ref _pumping);
            while (Next() is var (line, lane, waiter, claim))
            {
                _deliveries.Ask(Delivery.Kind, waiter.Id.Value, new ClaimAttempt(claim, waiter.Request), new ClaimAnswer(this, line, lane, waiter.DueAt));
            }

            Lines.Ask();
            LookForMore();
        }
        while (Interlocked.CompareExchange(ref _pumping, 0, asked) != asked);
    }

    private (OrgLine Line, Lane Lane, Waiter Waiter, Claim Claim)? Next()
    {
        lock (Gate)
        {
            var now = Lines.Now;
            while (!_stopped && _taken < _options.Slots + _options.Ahead && _turns.Next() is var (line, lane))
            {
                if (MayClaim(line, now) is { } at)
                {
                    Sleep(line, at);
                    continue;
                }

                var waiter = lane.Dequeue();
                _waiting.Remove(waiter.Id.Value);
                _turns.Took(line, lane);
                _turns.Add(line);
                NoteRoom(line, lane);
                if (TakeLocked(line) is { } claim)
                {
                    return (line, lane, waiter, claim);
                }
            }

            return null;
        }
    }

    /// <summary>Null: a claim may be made for it now. Else when to look again; its terms may let it sooner.</summary>
    private TimeSpan? MayClaim(OrgLine line, TimeSpan now)
    {
        if (Lines.IsBlocked(line))
        {
            Lines.Want(line, now);
            return now + PauseCheck;
        }

        var at = line.NextClaim(now);
        if (at > now)
        {
            return at;
        }

        Lines.Want(line, at + OrgLine.Lead);
        return null;
    }

    private void Sleep(OrgLine line, TimeSpan at)
    {
        if (line.WakesAt <= at)
        {
            return;
        }

        line.WakesAt = at;
        _sleeping.Enqueue(line, at);
        Lines.WakeAt(at);
    }

    private void TermsCame(OrgLine? changed)
    {
        lock (Gate)
        {
            var now = Lines.Now;
            while (_sleeping.TryPeek(out var line, out var at) && at <= now)
            {
                _sleeping.Dequeue();
                if (line.WakesAt == at)
                {
                    line.WakesAt = null;
                }

                Awaken(line, now);
            }

            if (_sleeping.TryPeek(out _, out var next))
            {
                Lines.WakeAt(next);
            }

            if (changed is not null)
            {
                Follow(changed);
            }
        }

        Pump();
    }

    private Claim? TakeLocked(OrgLine line)
    {
        if (_stopped || _taken >= _options.Slots + _options.Ahead)
        {
            return null;
        }

        Interlocked.Increment(ref _taken);
        line.Claims++;
        line.Ahead++;
        return new(new(_incarnation, ++_sequence), _clock.Now() + _options.ClaimFor);
    }

    /// <summary>The slot that an accept was given, until it is known whether its attempt begins.</summary>
    private sealed class FreshClaim(Dispatcher dispatcher, OrgLine line) : IReplyTo
    {
        public void Reply(object answer)
        {
            if (answer is not Accepted { Attempting: true })
            {
                dispatcher.Release(line);
            }
        }
    }

    private sealed class ClaimAnswer(Dispatcher dispatcher, OrgLine line, Lane lane, Instant dueAt) : IReplyTo
    {
        public void Reply(object answer)
        {
            switch (answer)
            {
                case Claimed:
                    break;
                case NotDone:
                    dispatcher.LeaveAndRelease(line, lane, dueAt);
                    break;
                default:
                    dispatcher.Release(line);
                    break;
            }
        }
    }
}
