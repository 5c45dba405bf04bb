using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary>Checks that a request brings JSON.</summary>
internal static class JsonRequest
{
    private const string Json = "application/json";

    /// <exception cref="ProblemException">The body is of another type or compressed.</exception>
    public static void Require(HttpContext context)
    {
        var type = context.Request.ContentType;
        if (!string.Equals(type, Json, StringComparison.OrdinalIgnoreCase) && !IsJsonWithParameters(type))
        {
            throw new ProblemException(new Problem(
                ProblemKinds.UnsupportedMediaType,
                string.IsNullOrEmpty(type) ? "The request has no Content-Type. Send application/json." : "The Content-Type is not application/json in UTF-8."));
        }

        if (context.Request.Headers.ContentEncoding.Count > 0)
        {
            throw new ProblemException(new Problem(ProblemKinds.UnsupportedMediaType, "The body is compressed. Send it without Content-Encoding."));
        }
    }

    private static bool IsJsonWithParameters(string? type)
    {
        if (type is null || !type.StartsWith(Json, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var parameters = type.AsSpan(Json.Length).Trim(' ');
        if (parameters.Length == 0 || parameters[0] != ';')
        {
            return false;
        }

        var charset = parameters[1..].Trim(' ');
        return charset.Length == 0
            || charset.Equals("charset=utf-8", StringComparison.OrdinalIgnoreCase)
            || charset.Equals("charset=\"utf-8\"", StringComparison.OrdinalIgnoreCase);
    }
}
