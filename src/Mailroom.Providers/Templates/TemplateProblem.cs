namespace Mailroom.Providers.Templates;

/// <summary>One thing that is wrong with a catalog, and what to do about it.</summary>
/// <param name="File">Path below the catalog's directory, with <c>/</c>; the directory itself where it is at fault.</param>
/// <param name="Line">Line in that file, from 1; absent where the file as a whole is at fault.</param>
/// <param name="Text">The cause and the fix.</param>
public sealed record TemplateProblem(string File, int? Line, string Text)
{
    public override string ToString() => Line is { } line ? $"{File}:{line}: {Text}" : $"{File}: {Text}";
}
