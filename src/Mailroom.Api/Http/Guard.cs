using System.Collections.Frozen;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Http;

/// <summary>How one listener words its errors.</summary>
internal delegate Task WriteProblem(HttpContext context, Problem problem, string traceId);

/// <summary>Stands around every request: unknown paths and methods, failures, and one span and log line each.</summary>
internal sealed class Guard(RequestDelegate next, WriteProblem write, TimeProvider clock, ILogger log, bool isInternal)
{
    private static readonly FrozenSet<string> Methods = FrozenSet.Create(
        StringComparer.Ordinal,
        HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect);

    private static readonly TimeSpan OverloadLogInterval = TimeSpan.FromSeconds(1);

    private readonly RequestLog _requests = new(log, clock, isInternal);
    private long _overloaded;
    private long _overloadLoggedAt = clock.GetTimestamp();

    public async Task HandleAsync(HttpContext context)
    {
        var started = clock.GetTimestamp();
        var (method, route) = (Method(context), Route(context));
        using var span = RequestSpan.Start(context, method, route);
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            if (context.GetEndpoint() is null)
            {
                await AnswerAsync(context, Problem.Of(ProblemKinds.NotFound));
            }
            else
            {
                await next(context);
                if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
                {
                    await AnswerAsync(context, Problem.Of(ProblemKinds.MethodNotAllowed));
                }
            }
        }
        catch (Exception error)
        {
            await RecoverAsync(context, error);
        }

        RequestSpan.Answered(span, context.Response.StatusCode);
        _requests.Answered(span, method, route, context.Response, clock.GetElapsedTime(started));
    }

    /// <summary>Answers with a problem and logs it where it is the server's.</summary>
    private Task AnswerAsync(HttpContext context, Problem problem)
    {
        var traceId = ProblemReply.NewTraceId();
        if (problem.Kind.Status == StatusCodes.Status503ServiceUnavailable)
        {
            CountOverload(problem.Kind.Code);
        }
        else if (problem.Kind.Status >= StatusCodes.Status500InternalServerError)
        {
            ApiLog.ServerProblem(log, Method(context), Route(context), problem.Kind.Status, problem.Kind.Code, traceId);
        }

        return write(context, problem, traceId);
    }

    private async Task RecoverAsync(HttpContext context, Exception error)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads it but the log and the span.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            return;
        }

        if (context.Response.HasStarted)
        {
            ApiLog.Failed(log, error, Method(context), Route(context), ProblemReply.NewTraceId());
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        switch (error)
        {
            case ProblemException refused:
                await AnswerAsync(context, refused.Problem);
                break;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                await AnswerAsync(context, Problem.Of(ProblemKinds.TooLarge));
                break;
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                await AnswerAsync(context, Problem.Of(ProblemKinds.RequestTimeout));
                break;
            case BadHttpRequestException:
                await AnswerAsync(context, new Problem(ProblemKinds.InvalidJson, "The request is not well-formed HTTP."));
                break;
            case StoreUnavailableException:
                await AnswerAsync(context, new Problem(ProblemKinds.Unavailable, "The store does not answer at the moment.") { RetryAfter = 1 });
                break;
            case OperationCanceledException:
                await AnswerAsync(context, new Problem(ProblemKinds.Unavailable, "The store did not answer in time.") { RetryAfter = 1 });
                break;
            default:
                var traceId = ProblemReply.NewTraceId();
                ApiLog.Failed(log, error, Method(context), Route(context), traceId);
                await write(context, Problem.Of(ProblemKinds.InternalError), traceId);
                break;
        }
    }

    /// <summary>One line a second at most: an overload must not become a flood of log lines.</summary>
    private void CountOverload(string code)
    {
        Interlocked.Increment(ref _overloaded);
        var last = Volatile.Read(ref _overloadLoggedAt);
        if (clock.GetElapsedTime(last) >= OverloadLogInterval
            && Interlocked.CompareExchange(ref _overloadLoggedAt, clock.GetTimestamp(), last) == last)
        {
            ApiLog.Overloaded(log, Interlocked.Exchange(ref _overloaded, 0), code);
        }
    }

    /// <summary>One of HTTP's own methods: another is a text of the caller's.</summary>
    private static string Method(HttpContext context)
    {
        var method = HttpMethods.GetCanonicalizedValue(context.Request.Method);
        return Methods.Contains(method) ? method : "_OTHER";
    }

    /// <summary>The pattern, never the path: ids and query strings stay out of the log.</summary>
    private static string Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
}
