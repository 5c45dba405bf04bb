using System.Globalization;
using System.Text.Json;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal;

/// <summary>The internal listener's form of an error: <c>{"error":{"code","message"}}</c>, with <c>errors[]</c> where fields are at fault.</summary>
internal static class InternalProblemReply
{
    public static Task WriteAsync(HttpContext context, Problem problem, string traceId)
    {
        if (problem.Kind.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (problem.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Reply.JsonAsync(context, problem.Kind.Status, problem, Write);
    }

    private static void Write(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("code", problem.Kind.Code);
        json.WriteString("message", problem.Detail);
        if (problem.Faults.Count > 0)
        {
            json.WriteStartArray("errors");
            foreach (var fault in problem.Faults)
            {
                json.WriteStartObject();
                json.WriteString("field", fault.Field);
                json.WriteString("message", fault.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
