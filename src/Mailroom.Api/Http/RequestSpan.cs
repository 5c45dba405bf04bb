using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>
/// The span of one request, a child of the caller's where it sent a valid <c>traceparent</c>. There always is one, so that problems
/// and log lines have ids; it is recorded only where somebody takes traces and the caller's sampling says so.
/// </summary>
internal static class RequestSpan
{
    /// <summary>The name under which all of Mailroom's spans are made.</summary>
    public const string SourceName = "Mailroom";

    private const string Name = "http.request";

    private static readonly ActivitySource Source = new(SourceName);

    public static Activity Start(HttpContext context, string method, string route)
    {
        var caller = Caller(context);
        if (Source.HasListeners() && Source.StartActivity($"{method} {route}", ActivityKind.Server, caller) is { } recorded)
        {
            if (recorded.IsAllDataRequested)
            {
                recorded.SetTag("http.request.method", method);
                recorded.SetTag("http.route", route);
                recorded.SetTag("url.scheme", context.Request.Scheme);
            }

            return recorded;
        }

        return Unrecorded(caller);
    }

    /// <summary>Says how the request was answered.</summary>
    public static void Answered(Activity span, int status)
    {
        if (!span.IsAllDataRequested)
        {
            return;
        }

        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Only ids. It does not pass on the caller's decision to record: nobody would find this span.</summary>
    private static Activity Unrecorded(ActivityContext caller)
    {
        var span = new Activity(Name) { IsAllDataRequested = false };
        span.SetIdFormat(ActivityIdFormat.W3C);
        if (caller != default)
        {
            span.SetParentId(caller.TraceId, caller.SpanId);
        }

        return span.Start();
    }

    private static ActivityContext Caller(HttpContext context) =>
        context.Request.Headers.TraceParent is [{ } header] && TraceParent.IsValid(header)
        && ActivityContext.TryParse(header, traceState: null, isRemote: true, out var caller)
            ? caller
            : default;
}
