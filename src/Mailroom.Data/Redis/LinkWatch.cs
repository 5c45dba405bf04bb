namespace Mailroom.Data.Redis;

/// <summary>
/// The times of a link: when a call is late, when the server hangs, when to ask for a sign of life or for the role. One timer that is set
/// to the earliest of these. All under the link's lock, but for <see cref="HasRead"/>.
/// </summary>
internal sealed class LinkWatch : IDisposable
{
    private static readonly TimeSpan Finest = TimeSpan.FromMilliseconds(2);

    private readonly TimeProvider _clock;
    private readonly RedisOptions _options;
    private readonly ITimer _timer;
    private readonly long _hang;
    private readonly long _stall;
    private readonly long _keepAlive;
    private readonly long _roleCheck;
    private long _ringsAt = long.MaxValue;
    private long _lastSent;
    private long _roleKnownAt;
    private long _lastRead;
    private bool _isMidReply;

    public LinkWatch(TimeProvider clock, RedisOptions options, Action look)
    {
        (_clock, _options) = (clock, options);
        (_hang, _stall) = (clock.Ticks(options.HangTimeout), clock.Ticks(options.OperationTimeout));
        (_keepAlive, _roleCheck) = (clock.Ticks(options.KeepAlive), clock.Ticks(options.RoleCheck));
        _lastRead = _lastSent = clock.GetTimestamp();
        _timer = clock.CreateTimer(static state => ((Action)state!)(), look, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool RoleIsStale => _options.Replicas.Count > 0 && _clock.GetTimestamp() - Volatile.Read(ref _roleKnownAt) > _roleCheck;

    /// <summary>Also said when the role was asked for, so that it is asked once.</summary>
    public void RoleIsKnown() => Volatile.Write(ref _roleKnownAt, _clock.GetTimestamp());

    public void Sent(RedisCall call)
    {
        _lastSent = _clock.GetTimestamp();
        if (call is { Command: var command } && command == RedisRole.Question)
        {
            RoleIsKnown();
        }

        if (call.Deadline < _ringsAt)
        {
            RingAt(call.Deadline);
        }
    }

    /// <summary>By the reader alone.</summary>
    public void HasRead(bool isMidReply)
    {
        Volatile.Write(ref _lastRead, _clock.GetTimestamp());
        Volatile.Write(ref _isMidReply, isMidReply);
    }

    /// <summary>The calls whose time is over.</summary>
    /// <param name="inFlight">Oldest first.</param>
    /// <param name="isHung">The oldest reply is overdue beyond all patience.</param>
    public List<RedisCall>? Late(Queue<RedisCall> inFlight, out bool isHung)
    {
        List<RedisCall>? late = null;
        isHung = false;
        var now = _clock.GetTimestamp();
        var isOldest = true;
        foreach (var call in inFlight)
        {
            if (now >= call.Deadline && !(isOldest && IsArriving(call, now)))
            {
                isHung |= isOldest && now >= call.Deadline + _hang;
                if (!call.Task.IsCompleted)
                {
                    (late ??= []).Add(call);
                }
            }

            isOldest = false;
        }

        return late;
    }

    public bool IsIdle(Queue<RedisCall> inFlight) => inFlight.Count == 0 && _clock.GetTimestamp() >= IdleAt;

    /// <summary>Sets the timer to what is due next.</summary>
    public void Arm(Queue<RedisCall> inFlight)
    {
        var now = _clock.GetTimestamp();
        var next = inFlight.Count == 0 ? IdleAt : long.MaxValue;
        var isOldest = true;
        foreach (var call in inFlight)
        {
            var due = !call.Task.IsCompleted && now < call.Deadline ? call.Deadline
                : isOldest && IsArriving(call, now) ? now + (_stall / 2)
                : isOldest ? call.Deadline + _hang
                : long.MaxValue;
            next = Math.Min(next, due);
            isOldest = false;
        }

        RingAt(next);
    }

    public void Dispose() => _timer.Dispose();

    private long IdleAt => Math.Max(_lastSent, Volatile.Read(ref _lastRead)) + _keepAlive;

    /// <summary>Its reply has begun to come, goes on coming, and may take longer as it is large.</summary>
    private bool IsArriving(RedisCall call, long now) =>
        now < call.ArrivedBy && Volatile.Read(ref _isMidReply) && now - Volatile.Read(ref _lastRead) < _stall;

    private void RingAt(long timestamp)
    {
        _ringsAt = timestamp;
        if (timestamp == long.MaxValue)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var wait = _clock.GetElapsedTime(_clock.GetTimestamp(), timestamp);
        _timer.Change(wait < Finest ? Finest : wait, Timeout.InfiniteTimeSpan);
    }
}

/// <summary>Timestamps of a clock.</summary>
internal static class Timestamps
{
    public static long Ticks(this TimeProvider clock, TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    public static long After(this TimeProvider clock, TimeSpan time) => clock.GetTimestamp() + clock.Ticks(time);
}
