using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Http;

internal static partial class ApiLog
{
    [LoggerMessage(
        EventId = 1, EventName = "http_request",
        Message = "{Method} {Route} answered {Status} in {Milliseconds:0.###} ms bytes={Bytes} otel_trace_id={otel_trace_id} otel_span_id={otel_span_id}")]
    public static partial void Answered(
        ILogger log, LogLevel level, string method, string route, int status, double milliseconds, long bytes, string otel_trace_id, string otel_span_id);

    [LoggerMessage(EventId = 7, EventName = "http_requests_left_out", Level = LogLevel.Information, Message = "{Count} requests that were refused have no line of their own")]
    public static partial void LeftOut(ILogger log, long count);

    [LoggerMessage(EventId = 8, EventName = "outbound_paused", Level = LogLevel.Warning, Message = "outbound mail is paused org={Org}")]
    public static partial void OutboundPaused(ILogger log, string org);

    [LoggerMessage(EventId = 9, EventName = "outbound_resumed", Level = LogLevel.Information, Message = "outbound mail goes on org={Org}")]
    public static partial void OutboundResumed(ILogger log, string org);

    [LoggerMessage(EventId = 2, EventName = "http_request_failed", Level = LogLevel.Error, Message = "{Method} {Route} failed, trace {TraceId}")]
    public static partial void Failed(ILogger log, Exception error, string method, string route, string traceId);

    [LoggerMessage(EventId = 3, EventName = "http_request_unknown_outcome", Level = LogLevel.Error, Message = "{Method} {Route} answered {Status} {Code}, trace {TraceId}")]
    public static partial void ServerProblem(ILogger log, string method, string route, int status, string code, string traceId);

    [LoggerMessage(EventId = 4, EventName = "http_overloaded", Level = LogLevel.Warning, Message = "{Count} requests were told to come back later ({Code})")]
    public static partial void Overloaded(ILogger log, long count, string code);

    [LoggerMessage(EventId = 5, EventName = "key_use_not_noted", Level = LogLevel.Warning, Message = "The last use of {Count} API keys could not be noted; it is tried again")]
    public static partial void KeyUseNotNoted(ILogger log, Exception error, int count);

    [LoggerMessage(EventId = 6, EventName = "health_check_failed", Level = LogLevel.Warning, Message = "The store failed its health check")]
    public static partial void StoreUnhealthy(ILogger log, Exception error);
}
