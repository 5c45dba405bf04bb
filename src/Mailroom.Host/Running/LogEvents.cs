using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>What the kernel has to tell operators, as log lines.</summary>
internal sealed partial class KernelLog(ILogger log) : IKernelEvents
{
    [LoggerMessage(1, LogLevel.Error, "kernel: decision failed kind={Kind} id={Id} message={Message}")]
    private static partial void LogDecisionFailed(ILogger log, string kind, string id, string message, Exception why);

    [LoggerMessage(2, LogLevel.Error, "kernel: entity quarantined, its stored state cannot be used kind={Kind} id={Id}")]
    private static partial void LogQuarantined(ILogger log, string kind, string id, Exception why);

    [LoggerMessage(3, LogLevel.Error, "kernel: the store refuses one change kind={Kind} id={Id}")]
    private static partial void LogPoisoned(ILogger log, string kind, string id, Exception why);

    [LoggerMessage(4, LogLevel.Error, "kernel: another process owns the shard now, this one writes nothing of it any more shard={Shard}")]
    private static partial void LogFenced(ILogger log, int shard);

    [LoggerMessage(5, LogLevel.Error, "kernel: the store does not answer, intake is refused and work waits reason={Reason}")]
    private static partial void LogStoreFailed(ILogger log, string reason);

    [LoggerMessage(6, LogLevel.Information, "kernel: the store answers again")]
    private static partial void LogStoreRecovered(ILogger log);

    [LoggerMessage(7, LogLevel.Error, "kernel: an effect or a reply failed kind={Kind} id={Id}")]
    private static partial void LogCallbackFailed(ILogger log, string kind, string id, Exception why);

    public void DecisionFailed(string kind, string id, string message, Exception why) => LogDecisionFailed(log, kind, id, message, why);

    public void Quarantined(string kind, string id, Exception why) => LogQuarantined(log, kind, id, why);

    public void ChangePoisoned(string kind, string id, Exception why) => LogPoisoned(log, kind, id, why);

    public void Fenced(int shard) => LogFenced(log, shard);

    public void StoreFailed(Exception why) => LogStoreFailed(log, why.Message);

    public void StoreRecovered() => LogStoreRecovered(log);

    public void CallbackFailed(string kind, string id, Exception why) => LogCallbackFailed(log, kind, id, why);
}

/// <summary>What attempts have to tell operators, as log lines. Never an address: a reply's text may hold one, so it is not logged.</summary>
internal sealed partial class AttemptLog(ILogger log) : IAttemptEvents
{
    [LoggerMessage(20, LogLevel.Debug, "attempt worker: ended delivery={Delivery} attempt={AttemptNo} status={Status} code={Code} ms={Milliseconds}")]
    private static partial void LogEnded(ILogger log, string delivery, int attemptNo, string status, int code, long milliseconds);

    [LoggerMessage(21, LogLevel.Warning, "attempt worker: not accepted delivery={Delivery} attempt={AttemptNo} status={Status} reason={Reason} code={Code} host={Host} ms={Milliseconds} cause={Cause}")]
    private static partial void LogNotAccepted(
        ILogger log, string delivery, int attemptNo, string status, string? reason, int code, string? host, long milliseconds, string? cause);

    [LoggerMessage(22, LogLevel.Error, "attempt worker: the provider refuses our credentials: check MAIL_SMTP_USERNAME and MAIL_SMTP_PASSWORD delivery={Delivery} host={Host} code={Code}")]
    private static partial void LogAuthentication(ILogger log, string delivery, string? host, int code);

    [LoggerMessage(28, LogLevel.Error, "attempt worker: no login, the server offers no AUTH mechanism that may be used: check MAIL_SMTP_ADDR, MAILROOM_SMTP_SECURITY and whether the server wants a login at all delivery={Delivery} host={Host}")]
    private static partial void LogNoMechanism(ILogger log, string delivery, string? host);

    [LoggerMessage(23, LogLevel.Warning, "attempt worker: outcome not stored yet delivery={Delivery} attempt={AttemptNo} why={Why}")]
    private static partial void LogReportRefused(ILogger log, string delivery, int attemptNo, string why);

    [LoggerMessage(25, LogLevel.Information, "attempt worker: retry scheduled delivery={Delivery} attempt={AttemptNo} status={Status} reason={Reason} next={Next}")]
    private static partial void LogRetry(ILogger log, string delivery, int attemptNo, string? status, string reason, string next);

    [LoggerMessage(26, LogLevel.Warning, "attempt worker: dead-lettered delivery={Delivery} attempts={AttemptNo} status={Status} reason={Reason}")]
    private static partial void LogDeadLettered(ILogger log, string delivery, int attemptNo, string? status, string reason);

    [LoggerMessage(27, LogLevel.Information, "attempt worker: ended unsent delivery={Delivery} status={Status} attempts={AttemptNo} reason={Reason}")]
    private static partial void LogEndedUnsent(ILogger log, string delivery, string status, int attemptNo, string reason);

    [LoggerMessage(24, LogLevel.Error, "attempt worker: the attempt failed inside Mailroom delivery={Delivery}")]
    private static partial void LogFaulted(ILogger log, string delivery, Exception why);

    public void AttemptEnded(StartAttempt attempt, AttemptReport report)
    {
        var milliseconds = (long)report.Duration.TotalMilliseconds;
        if (report.Status == AttemptStatus.ProviderAccepted)
        {
            LogEnded(log, attempt.Id.Value, attempt.AttemptNo, report.Status.Name(), report.ReplyCode, milliseconds);
        }
        else if (report is { Reason: "authentication_failed", ReplyCode: 0 })
        {
            LogNoMechanism(log, attempt.Id.Value, report.RemoteHost);
        }
        else if (report.Reason == "authentication_failed")
        {
            LogAuthentication(log, attempt.Id.Value, report.RemoteHost, report.ReplyCode);
        }
        else
        {
            LogNotAccepted(log, attempt.Id.Value, attempt.AttemptNo, report.Status.Name(), report.Reason, report.ReplyCode, report.RemoteHost, milliseconds, Cause(report));
        }
    }

    /// <summary>
    /// Our own words where no reply decided: they name the step at which time ran out or the connection was lost, and hold no address. A
    /// reply's words may hold one, and so may what was wrong with a message.
    /// </summary>
    private static string Cause(AttemptReport report) => report switch
    {
        { ReplyCode: > 0 } => "reply",
        { Status: AttemptStatus.TimedOut or AttemptStatus.TransportFailed or AttemptStatus.Uncertain, Summary: { Length: > 0 } words } => words,
        _ => "none",
    };

    public void Announced(Announce news)
    {
        if (news.NextAt is { } next)
        {
            LogRetry(log, news.Id.Value, news.AttemptNo, news.Last?.Name(), news.Reason, next.ToString());
        }
        else if (news.Status == DeliveryStatus.DeadLetter)
        {
            LogDeadLettered(log, news.Id.Value, news.AttemptNo, news.Last?.Name(), news.Reason);
        }
        else
        {
            LogEndedUnsent(log, news.Id.Value, news.Status.Name(), news.AttemptNo, news.Reason);
        }
    }

    public void ReportRefused(StartAttempt attempt, NotDone why) => LogReportRefused(log, attempt.Id.Value, attempt.AttemptNo, why.Reason);

    public void AttemptFaulted(DeliveryId delivery, Exception why) => LogFaulted(log, delivery.Value, why);
}

/// <summary>What the intake from the command stream has to tell operators, as log lines (C47). Never an address.</summary>
internal sealed partial class StreamLog(ILogger log) : IStreamEvents
{
    [LoggerMessage(40, LogLevel.Debug, "command consumer: batch taken stream={Stream} offset={Offset} accepted={Accepted} replayed={Replayed} malformed={Malformed}")]
    private static partial void LogTaken(ILogger log, string stream, string offset, int accepted, int replayed, int malformed);

    [LoggerMessage(41, LogLevel.Warning, "stream command rejected failure_code={failure_code} delivery_id={delivery_id} source={source} stream_entry_id={stream_entry_id} stream={stream}")]
    private static partial void LogRejected(ILogger log, string failure_code, string? delivery_id, string? source, string stream_entry_id, string stream);

    [LoggerMessage(42, LogLevel.Error, "command consumer: entries were trimmed or deleted before they were read stream={Stream} offset={Offset} lost={Lost}")]
    private static partial void LogGap(ILogger log, string stream, string offset, long? lost);

    [LoggerMessage(43, LogLevel.Error, "command consumer: the stream has begun anew or lost its newest entries, it is read from its beginning stream={Stream} offset={Offset} last={Last}")]
    private static partial void LogReset(ILogger log, string stream, string offset, string? last);

    [LoggerMessage(44, LogLevel.Error, "command consumer: intake waits, {Part} does not answer stream={Stream} reason={Reason}")]
    private static partial void LogUnavailable(ILogger log, string part, string stream, string reason);

    [LoggerMessage(45, LogLevel.Information, "command consumer: {Part} answers again stream={Stream}")]
    private static partial void LogRecovered(ILogger log, string part, string stream);

    [LoggerMessage(46, LogLevel.Error, "command consumer: another process reads the stream now, this one has ended stream={Stream}")]
    private static partial void LogLost(ILogger log, string stream);

    [LoggerMessage(47, LogLevel.Error, "command consumer: failed inside Mailroom stream={Stream} entry={Entry}")]
    private static partial void LogFaulted(ILogger log, string stream, string entry, Exception why);

    public void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            LogTaken(log, stream, offset.ToString(), accepted, replayed, malformed);
        }
    }

    public void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source) =>
        LogRejected(log, failureCode, deliveryId, source, entry.ToString(), stream);

    public void GapFound(string stream, StreamEntryId offset, long? lost) => LogGap(log, stream, offset.ToString(), lost);

    public void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last) => LogReset(log, stream, offset.ToString(), last?.ToString());

    public void Unavailable(string stream, string part, Exception why) => LogUnavailable(log, part, stream, why.Message);

    public void Recovered(string stream, string part) => LogRecovered(log, part, stream);

    public void Lost(string stream) => LogLost(log, stream);

    public void Faulted(string stream, StreamEntryId entry, Exception why) => LogFaulted(log, stream, entry.ToString(), why);
}
