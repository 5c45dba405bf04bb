using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Errors;

/// <summary>Writes problems as RFC 9457 says, with the members beside them that Resend's clients read.</summary>
internal static class ProblemReply
{
    private const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, Problem problem) => WriteAsync(context, problem, NewTraceId());

    public static Task WriteAsync(HttpContext context, Problem problem, string traceId)
    {
        var response = context.Response;
        var kind = problem.Kind;
        if (kind.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (problem.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Reply.JsonAsync(context, kind.Status, (problem, traceId), Write, ContentType);
    }

    /// <summary>The caller's trace where it sent one (W3C Trace Context), else a new one: 32 hexadecimal digits.</summary>
    public static string NewTraceId() =>
        Activity.Current is { } activity ? activity.TraceId.ToHexString() : RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static void Write(Utf8JsonWriter json, (Problem Problem, string TraceId) reply)
    {
        var (problem, traceId) = reply;
        json.WriteStartObject();
        json.WriteString("type", problem.Kind.Type);
        json.WriteString("title", problem.Kind.Title);
        json.WriteNumber("status", problem.Kind.Status);
        json.WriteString("detail", problem.Detail);
        json.WriteString("code", problem.Kind.Code);
        json.WriteStartArray("errors");
        foreach (var fault in problem.Faults)
        {
            json.WriteStartObject();
            json.WriteString("field", fault.Field);
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("trace_id", traceId);
        json.WriteNumber("statusCode", problem.Kind.Status);
        json.WriteString("name", problem.Kind.Name);
        json.WriteString("message", problem.Detail);
        json.WriteEndObject();
    }
}
