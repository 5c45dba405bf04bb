namespace Mailroom.Api.Errors;

/// <summary>One occurrence of a problem.</summary>
internal sealed record Problem(ProblemKind Kind, string Detail)
{
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Seconds, with 503.</summary>
    public int? RetryAfter { get; init; }

    public static Problem Of(ProblemKind kind) => new(kind, kind.Remedy);
}

/// <summary>Ends a request with a problem, where nothing else can go on.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
