namespace Mailroom.Api.Errors;

/// <summary>What is wrong with one field. <paramref name="Field"/> is its path, for example <c>attachments[2].content</c>; empty: the body as a whole.</summary>
internal readonly record struct Fault(string Field, string Message, ProblemKind Kind)
{
    public override string ToString() => Field.Length == 0 ? "The body " + Message : Field + " " + Message;
}

/// <summary>The faults of one request, at most <see cref="Limit"/> of them.</summary>
/// <param name="usual">The kind of a fault that names none; null: <see cref="ProblemKinds.ValidationError"/>.</param>
internal sealed class Faults(ProblemKind? usual = null)
{
    public const int Limit = 32;

    private List<Fault>? _all;

    public bool Any => _all is not null;

    public int Count => _all?.Count ?? 0;

    public IReadOnlyList<Fault> All => _all ?? [];

    public void Add(string field, string message, ProblemKind? kind = null)
    {
        _all ??= [];
        if (_all.Count < Limit)
        {
            _all.Add(new Fault(field, message, kind ?? usual ?? ProblemKinds.ValidationError));
        }
    }

    /// <exception cref="ProblemException">There are any.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new ProblemException(ToProblem());
        }
    }

    /// <summary>The first fault decides the kind; all are told.</summary>
    public Problem ToProblem()
    {
        var first = All[0];
        var detail = Count == 1 ? first + "." : $"{first}. There {(Count == 2 ? "is 1 more error" : $"are {Count - 1} more errors")}.";
        return new Problem(first.Kind, detail) { Faults = All };
    }
}
