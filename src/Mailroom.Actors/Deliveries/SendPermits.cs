using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>What became of the wish to call the provider.</summary>
internal enum CallPermit
{
    /// <summary>Call now; <see cref="SendPermits.Release"/> is due.</summary>
    Given,

    /// <summary>No more calls are made.</summary>
    Closed,

    /// <summary>The org's outbound mail is paused.</summary>
    Paused,

    /// <summary>The provider asked for no calls for longer than a claim should wait.</summary>
    Held,

    /// <summary>The org did not say whether it may be called for.</summary>
    Unanswered,

    /// <summary>The node's lease has run out: others may have its claims by now.</summary>
    NotMember,

    /// <summary>The claim's time ran out while it waited.</summary>
    ClaimOver,
}

/// <summary>
/// At most so many provider calls at once (C29), each when its org allows it: not while it is paused, and never two closer than its
/// spacing (A35). The claims ahead wait here, urgent ones first, the orgs by turns; what would wait for long is sent back to its line.
/// </summary>
internal sealed class SendPermits
{
    /// <summary>A claim that cannot be used within this goes back.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly OrgLines _lines;
    private readonly Func<bool> _mayCall;
    private readonly TimeProvider _clock;
    private readonly WaitingCalls _urgent = new();
    private readonly WaitingCalls _normal = new();
    private long _incarnation;
    private int _free;
    private bool _closed;

    /// <param name="mayCall">Asked before every call. Must not block.</param>
    public SendPermits(int count, OrgLines lines, Func<bool> mayCall, TimeProvider clock)
    {
        _free = count;
        (_mayCall, _clock) = (mayCall, clock);
        _lines = lines;
        lines.Changed += _ => LetGo(all: true);
    }

    /// <summary>How many claims wait here.</summary>
    public int Waiting
    {
        get
        {
            lock (_lines.Gate)
            {
                return _urgent.Count + _normal.Count;
            }
        }
    }

    /// <summary>The incarnation that claims are made under from now on. Those under an earlier one go back at once: others take them for lost.</summary>
    public void Start(long incarnation)
    {
        lock (_lines.Gate)
        {
            _incarnation = incarnation;
        }

        LetGo(all: true);
    }

    public ValueTask<CallPermit> TakeAsync(OrgId org, bool urgent, Claim claim)
    {
        TaskCompletionSource<CallPermit> turn;
        lock (_lines.Gate)
        {
            if (_closed)
            {
                return new(CallPermit.Closed);
            }

            // A claim holds its line in memory, so it is there.
            var line = _lines.Find(org) ?? throw new InvalidOperationException($"{org} has no line.");
            var now = _lines.Now;
            var permit = Try(line, claim, now, now);
            if (permit is not null)
            {
                return new(permit.Value);
            }

            turn = new();
            (urgent ? _urgent : _normal).Add(new(line, claim, now, turn));
        }

        _lines.Ask();
        return new(turn.Task);
    }

    public void Release()
    {
        lock (_lines.Gate)
        {
            _free++;
        }

        LetGo(all: false);
    }

    /// <summary>Lets nobody else through, not even those who wait.</summary>
    public void Close()
    {
        var waiting = new List<WaitingCall>();
        lock (_lines.Gate)
        {
            _closed = true;
            foreach (var calls in (WaitingCalls[])[_urgent, _normal])
            {
                while (calls.Count > 0)
                {
                    waiting.Add(calls.Take());
                }
            }
        }

        foreach (var call in waiting)
        {
            call.Turn.SetResult(CallPermit.Closed);
        }
    }

    /// <summary>Gives permits to those whose turn has come. <paramref name="all"/>: looks also at those who cannot be called for now, whether they should go back.</summary>
    private void LetGo(bool all)
    {
        List<(WaitingCall Call, CallPermit Permit)>? gone = null;
        lock (_lines.Gate)
        {
            var now = _lines.Now;
            LetGo(_urgent, now, all, ref gone);
            LetGo(_normal, now, all, ref gone);
        }

        _lines.Ask();
        foreach (var (call, permit) in gone ?? [])
        {
            call.Turn.SetResult(permit);
        }
    }

    /// <summary>An org's calls behind its first one wait for the same, so that one is enough to try.</summary>
    private void LetGo(WaitingCalls calls, TimeSpan now, bool all, ref List<(WaitingCall, CallPermit)>? gone)
    {
        for (var passed = 0; passed < calls.Orgs && (all || _free > 0);)
        {
            var call = calls.First;
            if (Try(call.Line, call.Claim, now, call.Since) is { } permit)
            {
                (gone ??= []).Add((calls.Take(), permit));
                passed = 0;
            }
            else
            {
                calls.Pass();
                passed++;
            }
        }
    }

    /// <summary>The permit or the refusal; null: wait.</summary>
    private CallPermit? Try(OrgLine line, Claim claim, TimeSpan now, TimeSpan since)
    {
        if (claim.Token.Incarnation != _incarnation)
        {
            // This node was declared lost and joined anew: whatever lease it has by now, it is not the claim's.
            return CallPermit.NotMember;
        }

        if (claim.Deadline <= _clock.Now())
        {
            return CallPermit.ClaimOver;
        }

        if (_lines.IsPaused(line))
        {
            return CallPermit.Paused;
        }

        var call = line.NextCall(now);
        var shared = _lines.All.NextCall(now);
        call = call > shared ? call : shared;
        _lines.Want(line, call);
        if (call - now > LongestWait)
        {
            return CallPermit.Held;
        }

        if (call > now)
        {
            _lines.WakeAt(call);
            return null;
        }

        if (!line.Covers(now) || !_lines.All.Covers(now))
        {
            // The wait for a slot is no silence of the org: terms run out meanwhile and nobody asks for new ones.
            var silent = line.Covers(now) ? _lines.All : line;
            var uncovered = silent.UncoveredSince ??= now;
            var asked = since > uncovered ? since : uncovered;
            if (now - asked > LongestWait)
            {
                return CallPermit.Unanswered;
            }

            _lines.WakeAt(asked + LongestWait + TimeSpan.FromMilliseconds(1));
            return null;
        }

        if (_free == 0)
        {
            return null;
        }

        if (!_mayCall())
        {
            return CallPermit.NotMember;
        }

        _free--;
        line.LastCall = now;
        line.Ahead--;
        return CallPermit.Given;
    }
}
