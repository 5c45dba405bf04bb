namespace Mailroom.Providers.Templates;

/// <summary>A template directory that cannot be served. Its message lists every problem, one to a line.</summary>
public sealed class TemplateCatalogException : Exception
{
    internal TemplateCatalogException(string directory, IReadOnlyList<TemplateProblem> problems)
        : base(Describe(directory, problems))
    {
        Problems = problems;
    }

    public IReadOnlyList<TemplateProblem> Problems { get; }

    private static string Describe(string directory, IReadOnlyList<TemplateProblem> problems)
    {
        var noun = problems.Count == 1 ? "problem" : "problems";
        return $"The template directory '{directory}' has {problems.Count} {noun}:\n  {string.Join("\n  ", problems)}";
    }
}
