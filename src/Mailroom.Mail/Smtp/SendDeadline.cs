namespace Mailroom.Mail.Smtp;

/// <summary>
/// The one timer of a connection. It is set anew for each phase of each send, to the phase's deadline or what is left of
/// the whole, whichever is sooner; it also carries the caller's cancellation. Once it has fired, the connection is done.
/// </summary>
internal sealed class SendDeadline(SmtpDeadlines deadlines, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _source = new(Timeout.InfiniteTimeSpan, time);
    private CancellationTokenRegistration _callerRegistration;
    private CancellationToken _caller;
    private volatile bool _canceledByCaller;
    private long _start;
    private bool _wholeIsSooner;

    public CancellationToken Token => _source.Token;

    /// <summary>Begins a send that started at the timestamp <paramref name="start"/>.</summary>
    public void Begin(long start, CancellationToken caller)
    {
        _start = start;
        _caller = caller;
        if (caller.CanBeCanceled)
        {
            _callerRegistration = caller.UnsafeRegister(static deadline => ((SendDeadline)deadline!).CancelByCaller(), this);
        }
    }

    /// <summary>
    /// From here on the caller can no longer cancel: the final dot goes out, and giving up would only make the outcome
    /// uncertain. Throws if the caller was faster.
    /// </summary>
    public void IgnoreCaller()
    {
        _callerRegistration.Dispose();
        _callerRegistration = default;
        if (_canceledByCaller)
        {
            throw CanceledByCaller();
        }
    }

    public void Arm(SmtpPhase phase)
    {
        var left = deadlines.Whole - time.GetElapsedTime(_start);
        var step = deadlines.For(phase);
        _wholeIsSooner = left < step;
        if (left <= TimeSpan.Zero)
        {
            _source.Cancel();
        }
        else
        {
            _source.CancelAfter(_wholeIsSooner ? left : step);
        }
    }

    /// <summary>Ends the send; an idle connection has no deadline but the pool's.</summary>
    public void End()
    {
        _callerRegistration.Dispose();
        _callerRegistration = default;
        _caller = default;
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>What a canceled wait means and must be thrown: the caller's own cancellation, or a deadline.</summary>
    public Exception Passed(SmtpPhase phase, Exception cause)
    {
        if (_canceledByCaller)
        {
            return CanceledByCaller();
        }
        var limit = _wholeIsSooner ? $"the whole send's deadline of {deadlines.Whole.TotalSeconds:0.###} s" : $"its deadline of {deadlines.For(phase).TotalSeconds:0.###} s";
        return new SmtpFailureException(SmtpOutcome.TimedOut, phase, $"{phase} did not end before {limit}.", cause: cause);
    }

    public void Dispose()
    {
        _callerRegistration.Dispose();
        _source.Dispose();
    }

    private void CancelByCaller()
    {
        _canceledByCaller = true;
        _source.Cancel();
    }

    private OperationCanceledException CanceledByCaller() => new("The send was canceled before its final dot.", _caller);
}
