namespace Mailroom.Providers.Templates;

/// <summary>Gathers a catalog's problems, up to <see cref="TemplateLimits.Problems"/>.</summary>
internal sealed class ProblemList
{
    private readonly List<TemplateProblem> _problems = [];

    public bool IsEmpty => _problems.Count == 0;

    public bool IsFull => _problems.Count > TemplateLimits.Problems;

    public bool Names(string file) => _problems.Any(problem => problem.File == file);

    public void Add(string file, string text) => Add(file, null, text);

    public void Add(string file, int? line, string text)
    {
        if (_problems.Count < TemplateLimits.Problems)
        {
            _problems.Add(new TemplateProblem(file, line, text));
        }
        else if (_problems.Count == TemplateLimits.Problems)
        {
            _problems.Add(new TemplateProblem(file, line, $"and more: only the first {TemplateLimits.Problems} problems are listed"));
        }
    }

    public IReadOnlyList<TemplateProblem> ToList() =>
        [.. _problems.OrderBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line ?? 0)];
}
