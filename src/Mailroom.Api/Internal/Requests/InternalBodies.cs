using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Requests;

/// <summary>Reads what an internal caller sends: one strict JSON object.</summary>
internal sealed class InternalBodies(RequestBodies bodies)
{
    /// <summary>Who an operator is where it does not say.</summary>
    private const string Operator = "operator";

    /// <summary>Reads each member into <paramref name="empty"/>, then lets <paramref name="check"/> look at them together.</summary>
    /// <exception cref="ProblemException">The body is no JSON, or a member is wrong, unknown, missing or there twice.</exception>
    public async Task<T> ReadAsync<T>(HttpContext context, string[] known, T empty, ReadInto<T> read, Action<T, Faults> check, bool isOptional = false)
    {
        var faults = new Faults(InternalProblems.InvalidRequest);
        using (var body = await bodies.ReadAsync(context))
        {
            if (!isOptional || body.Bytes.Length > 0)
            {
                JsonRequest.Require(context);
                JsonObject.Read(body.Bytes, faults, known, (ref JsonFields json, string name) => read(ref json, name, empty));
            }
        }

        if (!faults.All.Any(fault => fault.Field.Length == 0))
        {
            check(empty, faults);
        }

        faults.ThrowIfAny();
        return empty;
    }

    /// <summary>An optional <c>by</c> and, where it is asked for, a <c>reason</c>.</summary>
    public async Task<Doing> DoingAsync(HttpContext context, bool needsReason)
    {
        var doing = await ReadAsync(
            context, needsReason ? ["reason", "by"] : ["by", "reason"], new Doing { By = Operator },
            static (ref JsonFields json, string name, Doing doing) =>
            {
                if (name == "by")
                {
                    doing.By = json.IsNull ? Operator : Words(ref json, name, 100) ?? Operator;
                }
                else
                {
                    doing.Reason = json.IsNull ? null : Words(ref json, name, 500);
                }
            },
            (doing, faults) =>
            {
                if (needsReason && doing.Reason is null && !faults.Any)
                {
                    faults.Add("reason", "is missing");
                }
            },
            isOptional: !needsReason);
        return doing;
    }

    /// <summary>One line of 1 to <paramref name="maxLength"/> characters, trimmed; null after a fault.</summary>
    public static string? Words(ref JsonFields json, string name, int maxLength)
    {
        if (json.Line(name, maxLength) is not { } line)
        {
            return null;
        }

        var words = line.Trim();
        if (words.Length > 0)
        {
            return words;
        }

        json.Faults.Add(name, "must not be empty");
        return null;
    }
}

internal delegate void ReadInto<T>(ref JsonFields json, string name, T into);

/// <summary>Who does something, and why.</summary>
internal sealed class Doing
{
    public required string By { get; set; }

    public string? Reason { get; set; }
}
