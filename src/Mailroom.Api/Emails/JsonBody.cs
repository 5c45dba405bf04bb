using System.Text.Json;
using System.Text.Unicode;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>A request's body before it is known to be JSON.</summary>
internal static class JsonBody
{
    /// <summary>A walk over the body that notes what is wrong in <paramref name="faults"/>.</summary>
    /// <exception cref="ProblemException">The body is empty or no UTF-8.</exception>
    public static JsonFields Open(ReadOnlySpan<byte> body, Faults faults)
    {
        if (body.IsEmpty)
        {
            throw new ProblemException(new Problem(ProblemKinds.InvalidJson, "The body is empty."));
        }

        return Utf8.IsValid(body)
            ? new JsonFields(body, faults)
            : throw new ProblemException(new Problem(ProblemKinds.InvalidJson, "The body is not valid UTF-8."));
    }

    public static ProblemException NotJson(JsonException error) => new(new Problem(
        ProblemKinds.InvalidJson,
        error.LineNumber is { } line
            ? $"The body is not valid JSON, or is nested too deeply, at line {line + 1}, byte {error.BytePositionInLine + 1}."
            : $"The body is not valid JSON. {error.Message}"));
}
