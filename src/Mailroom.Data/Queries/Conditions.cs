using System.Globalization;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Queries;

/// <summary>A parameter of a query that is put together as it is asked for: a text, a time or a number.</summary>
internal readonly record struct Argument(string? Text, Instant? Time, long Number);

/// <summary>The conditions of a query and its arguments, whose places are numbered in the order in which they come.</summary>
internal sealed class Conditions
{
    private readonly char _mark;
    private readonly List<string> _terms = [];
    private readonly List<Argument> _arguments;

    /// <param name="mark">What a place begins with: <c>$</c> in PostgreSQL, <c>?</c> in SQLite.</param>
    public Conditions(char mark)
        : this(mark, [])
    {
    }

    private Conditions(char mark, List<Argument> arguments) => (_mark, _arguments) = (mark, arguments);

    public IReadOnlyList<Argument> Arguments => _arguments;

    /// <summary>The conditions of a query within this one: their arguments are numbered with those of this one.</summary>
    public Conditions Within() => new(_mark, _arguments);

    /// <summary>The place of a text.</summary>
    public string Of(string text) => Place(new(text, null, 0));

    /// <summary>The place of a time.</summary>
    public string Of(Instant time) => Place(new(null, time, 0));

    /// <summary>The place of a number.</summary>
    public string Of(long number) => Place(new(null, null, number));

    public Conditions And(string term)
    {
        _terms.Add(term);
        return this;
    }

    /// <summary>Adds a comparison with a text, unless there is none.</summary>
    public Conditions Equal(string column, string? text) => text is null ? this : And($"{column} = {Of(text)}");

    /// <summary>Adds the bounds of a time, those that there are.</summary>
    public Conditions Between(string column, Instant? since, Instant? until)
    {
        if (since is { } first)
        {
            And($"{column} >= {Of(first)}");
        }

        return until is { } end ? And($"{column} < {Of(end)}") : this;
    }

    /// <summary>From WHERE on, or nothing.</summary>
    public override string ToString() => _terms.Count == 0 ? "" : "WHERE " + string.Join(" AND ", _terms);

    private string Place(Argument argument)
    {
        _arguments.Add(argument);
        return _mark + _arguments.Count.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>A query that was put together, and its arguments in the order of their places.</summary>
internal sealed record Query(string Sql, IReadOnlyList<Argument> Arguments);
