using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// The lines of all orgs that send from this node, and the terms that their actors gave. One lock for them, one timer for whatever
/// a line waits for. Bounded: idle lines leave when room is needed.
/// </summary>
internal sealed class OrgLines : IDisposable
{
    /// <summary>Lines in memory at most.</summary>
    private const int Most = 8192;

    /// <summary>How long after a refused question it is asked again.</summary>
    private static readonly TimeSpan AskWait = TimeSpan.FromMilliseconds(200);

    private readonly IActorHost _host;
    private readonly TimeProvider _clock;
    private readonly long _origin;
    private readonly ITimer _timer;
    private readonly Dictionary<OrgId, OrgLine> _byOrg = [];
    private readonly Queue<OrgLine> _toAsk = new();
    private readonly List<OrgLine> _retrying = [];
    private TimeSpan? _timerAt;
    private TimeSpan _sweptAt;
    private long _holder;

    public OrgLines(IActorHost host, TimeProvider clock)
    {
        _host = host;
        _clock = clock;
        _origin = clock.GetTimestamp();
        _timer = clock.CreateTimer(static lines => ((OrgLines)lines!).Woken(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        All = new(OrgId.All);
        _byOrg.Add(OrgId.All, All);
    }

    /// <summary>A line's terms changed, or time has come for some line (null).</summary>
    public event Action<OrgLine?>? Changed;

    public Lock Gate { get; } = new();

    /// <summary>What stands for all orgs.</summary>
    public OrgLine All { get; }

    public IEnumerable<OrgLine> Each => _byOrg.Values;

    /// <summary>Since the node was made, by the monotonic clock.</summary>
    public TimeSpan Now => _clock.GetElapsedTime(_origin);

    /// <summary>The terms of both are asked for at the start, so that they exist before anybody changes them.</summary>
    public void Start(long holder)
    {
        lock (Gate)
        {
            _holder = holder;
            Want(All, TimeSpan.Zero);
            Want(Of(OrgId.Default)!, TimeSpan.Zero);
        }

        Ask();
    }

    /// <summary>The org's line; null: there are too many busy ones. Under the lock.</summary>
    public OrgLine? Of(OrgId org)
    {
        if (_byOrg.TryGetValue(org, out var line))
        {
            return line;
        }

        if (_byOrg.Count >= Most && !MakeRoom())
        {
            return null;
        }

        line = new(org);
        _byOrg.Add(org, line);
        return line;
    }

    public OrgLine? Find(OrgId org) => _byOrg.GetValueOrDefault(org);

    /// <summary>Paused, or nobody has said yet whether it is, or its actor does not answer.</summary>
    public bool IsBlocked(OrgLine line) =>
        line.Terms?.IsPaused != false || All.Terms?.IsPaused != false || line.RetryAt is not null || All.RetryAt is not null;

    public bool IsPaused(OrgLine line) => line.Terms?.IsPaused == true || All.Terms?.IsPaused == true;

    /// <summary>Has the terms asked for that a call at <paramref name="call"/> needs. Under the lock; <see cref="Ask"/> does it.</summary>
    public void Want(OrgLine line, TimeSpan call)
    {
        WantOne(All, call);
        if (All.Terms?.IsPaused != true)
        {
            WantOne(line, call);
        }
    }

    /// <summary>Asks what was wanted. Not under the lock, because an answer may come at once.</summary>
    public void Ask()
    {
        while (_toAsk.Count > 0 && NextToAsk() is var (line, question))
        {
            _host.Ask(Orgs.Org.Kind, line.Org.Value, question, new TermsAnswer(this, line));
        }
    }

    /// <summary>The org's settings changed: no call before it has been asked again.</summary>
    public void Expire(OrgId org)
    {
        lock (Gate)
        {
            if (Find(org) is not { } line)
            {
                return;
            }

            line.Expire();
            WantOne(line, Now);
        }

        Ask();
    }

    /// <summary>The provider asked this org for no calls. Its actor hears of it too and remembers it.</summary>
    public void Hold(OrgId org, TimeSpan wait)
    {
        lock (Gate)
        {
            Find(org)?.Hold(Now + (wait < Orgs.Org.LongestHold ? wait : Orgs.Org.LongestHold));
        }
    }

    /// <summary>Has <see cref="Changed"/> said at <paramref name="at"/> at the latest. Under the lock.</summary>
    public void WakeAt(TimeSpan at)
    {
        if (_timerAt <= at)
        {
            return;
        }

        _timerAt = at;

        // Whole milliseconds, rounded up: a timer that fires early would only be set again.
        var wait = at - Now;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(wait.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void WantOne(OrgLine line, TimeSpan call)
    {
        if (!line.IsAsking && line.IsStale(Now, call) && _holder != 0)
        {
            line.IsAsking = true;
            line.AskedAt = Now;
            _toAsk.Enqueue(line);
        }
    }

    private (OrgLine Line, AskTerms Question)? NextToAsk()
    {
        lock (Gate)
        {
            if (!_toAsk.TryDequeue(out var line))
            {
                return null;
            }

            line.AskedAt = Now;
            line.AskAgain = false;
            return (line, new(line.Org, _holder, line.Took) { Continues = line.HasWindow(line.AskedAt) });
        }
    }

    private void Answered(OrgLine line, object answer)
    {
        lock (Gate)
        {
            if (answer is SendingTerms terms)
            {
                line.IsAsking = false;
                line.Answer(terms, Now);
                if (line.AskAgain)
                {
                    WantOne(line, Now);
                }
            }
            else
            {
                // It stays the one that is asking until then, so that nobody asks sooner.
                line.RetryAt = Now + AskWait;
                WakeAt(line.RetryAt.Value);
                _retrying.Add(line);
            }
        }

        Ask();
        Changed?.Invoke(line);
    }

    private void Woken()
    {
        lock (Gate)
        {
            _timerAt = null;
            var now = Now;
            for (var i = _retrying.Count - 1; i >= 0; i--)
            {
                var line = _retrying[i];
                if (line.RetryAt > now)
                {
                    WakeAt(line.RetryAt.Value);
                    continue;
                }

                _retrying.RemoveAt(i);
                _toAsk.Enqueue(line);
            }
        }

        Ask();
        Changed?.Invoke(null);
    }

    /// <summary>Lets go of all lines that nothing is known of that the org's actor would not say again. At most once a second, for it looks at all.</summary>
    private bool MakeRoom()
    {
        var now = Now;
        if (now - _sweptAt < TimeSpan.FromSeconds(1))
        {
            return false;
        }

        _sweptAt = now;
        foreach (var (org, line) in _byOrg)
        {
            if (line.IsIdle && line.NextCall(now) <= now && line != All)
            {
                _byOrg.Remove(org);
            }
        }

        return _byOrg.Count < Most;
    }

    private sealed class TermsAnswer(OrgLines lines, OrgLine line) : IReplyTo
    {
        public void Reply(object answer) => lines.Answered(line, answer);
    }
}
