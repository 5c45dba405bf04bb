using System.Collections.Frozen;
using HandlebarsDotNet;

namespace Mailroom.Providers.Templates;

/// <summary>Checks and compiles the files of a catalog, noting every problem.</summary>
internal sealed class CatalogCompiler(ProblemList problems)
{
    private readonly TemplateEngine _engine = new();

    /// <returns>Templates by id, then by locale in any letter case; incomplete where there are problems.</returns>
    public FrozenDictionary<string, FrozenDictionary<string, LocalizedTemplate>> Compile(IReadOnlyList<TemplateFile> files) =>
        files.GroupBy(file => file.TemplateId, StringComparer.Ordinal)
            .ToFrozenDictionary(template => template.Key, CompileLocales, StringComparer.Ordinal);

    private FrozenDictionary<string, LocalizedTemplate> CompileLocales(IEnumerable<TemplateFile> template)
    {
        var locales = new List<LocalizedTemplate>();
        foreach (var locale in template.GroupBy(file => file.Locale, StringComparer.Ordinal))
        {
            var parts = locale.ToDictionary(file => file.Part, TryCompile);
            if (parts.GetValueOrDefault(TemplatePart.Subject) is { } subject && parts.GetValueOrDefault(TemplatePart.Text) is { } text)
            {
                locales.Add(new LocalizedTemplate(locale.Key, subject, text, parts.GetValueOrDefault(TemplatePart.Html)));
            }
        }

        return locales.ToFrozenDictionary(locale => locale.Locale, StringComparer.OrdinalIgnoreCase);
    }

    private CompiledPart? TryCompile(TemplateFile file)
    {
        if (problems.IsFull)
        {
            return null;
        }

        var content = file.Part == TemplatePart.Subject ? WithoutLastLineBreak(file.Content) : file.Content;
        var faults = TemplateSyntax.Check(content, out var tags);
        foreach (var (line, text) in faults)
        {
            problems.Add(file.Path, line, text);
        }

        if (faults.Count > 0)
        {
            return null;
        }

        try
        {
            return new CompiledPart(file.Path, tags, _engine.Compile(content, escape: file.Part == TemplatePart.Html));
        }
        catch (HandlebarsException error)
        {
            problems.Add(file.Path, 1, $"the engine refuses it: {error.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    // Editors end a file with a line break; a subject must not have one.
    private static string WithoutLastLineBreak(string content) => content.TrimEnd('\r', '\n');
}
