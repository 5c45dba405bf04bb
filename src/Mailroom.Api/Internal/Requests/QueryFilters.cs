using System.Globalization;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Requests;

/// <summary>
/// A listing's query parameters. One that nobody reads is a fault too: a misspelled filter would otherwise show everything and
/// look like an answer.
/// </summary>
internal sealed class QueryFilters(HttpContext context)
{
    public const int UsualLimit = 50;
    public const int MostLimit = 100;

    private readonly IQueryCollection _query = context.Request.Query;
    private readonly Faults _faults = new(InternalProblems.InvalidRequest);
    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);

    public string? Text(string name, int maxLength)
    {
        _read.Add(name);
        var values = _query[name];
        if (values.Count == 0)
        {
            return null;
        }

        if (values is [{ Length: > 0 } text] && text.Length <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        _faults.Add(name, $"must be given once, with 1 to {maxLength} characters");
        return null;
    }

    public OrgId? Org(string name) => Parsed(name, 128, (string text, out OrgId id) => OrgId.TryParse(text, out id), "is not an org's id");

    public DeliveryStatus? Status(string name) =>
        Parsed(name, 32, (string text, out DeliveryStatus status) => DeliveryStatuses.TryParse(text, out status), "is not a delivery's status");

    public Instant? Time(string name) => Parsed(
        name, 64,
        (string text, out Instant at) =>
        {
            var isTime = SendTime.TryTime(text, out var time);
            at = isTime ? Instant.From(time) : default;
            return isTime;
        },
        "must be an RFC 3339 time with its offset, for example 2026-01-31T09:30:00Z");

    /// <summary>False where it is not given.</summary>
    public bool Flag(string name) => Parsed(name, 5, (string text, out bool flag) => bool.TryParse(text, out flag), "must be true or false") ?? false;

    public int Limit() => Parsed(
        "limit", 10,
        (string text, out int limit) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostLimit,
        $"must be a number from 1 to {MostLimit}") ?? UsualLimit;

    /// <summary>Where the page before this one ended.</summary>
    public T? Cursor<T>(TryParse<T> parse)
        where T : class
    {
        if (Text("cursor", 512) is not { } text)
        {
            return null;
        }

        if (parse(text, out var cursor))
        {
            return cursor;
        }

        _faults.Add("cursor", "is not a cursor of this listing: send next_cursor as it was answered");
        return null;
    }

    /// <exception cref="ProblemException">A parameter is wrong or unknown.</exception>
    public void End()
    {
        foreach (var name in _query.Keys.Where(name => !_read.Contains(name)))
        {
            _faults.Add(JsonFields.Shown(name), "is not a known parameter");
        }

        _faults.ThrowIfAny();
    }

    private T? Parsed<T>(string name, int maxLength, TryParse<T> parse, string wrong)
        where T : struct
    {
        if (Text(name, maxLength) is not { } text)
        {
            return null;
        }

        if (parse(text, out var value))
        {
            return value;
        }

        _faults.Add(name, wrong);
        return null;
    }
}

internal delegate bool TryParse<T>(string text, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value);
