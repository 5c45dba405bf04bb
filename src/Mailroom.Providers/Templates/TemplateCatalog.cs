using System.Collections.Frozen;
using System.Text.Json;
using Mailroom.Actors;

namespace Mailroom.Providers.Templates;

/// <summary>
/// The mail templates of a directory, read, checked and compiled once. Immutable: editing a file has no effect until
/// the next start, and any number of threads may render at once.
/// </summary>
/// <remarks>
/// <para>Layout: <c>&lt;template_id&gt;/&lt;locale&gt;/{subject,text,html}.hbs</c>, UTF-8; html is optional, the locale
/// <c>en</c> is not. Language: Handlebars with <c>{{variable}}</c>, <c>{{object.member}}</c>, <c>{{list.[0]}}</c>,
/// <c>{{list.length}}</c>, <c>{{lookup object key}}</c>, <c>{{#if}}</c>, <c>{{#unless}}</c>, <c>{{#each}}</c>,
/// <c>{{#with}}</c>, <c>{{else}}</c>, <c>{{else if}}</c>, <c>as |name|</c>, <c>../</c>, <c>@root @index @key @first
/// @last</c>, <c>~</c> and comments; nothing else.</para>
/// <para>A variable that was not given is an error wherever the template comes to it, also in <c>{{#if}}</c>: a
/// misspelled condition would otherwise drop a paragraph without a sound. A choice is passed as null or false, which
/// print nothing and <c>false</c>. Variables are data: braces in them are printed, never evaluated.</para>
/// <para>HTML escapes <c>&amp; &lt; &gt; " ' ` =</c> in <c>{{…}}</c> and nothing in <c>{{{…}}}</c>. That is right for
/// text and for attribute values, not inside <c>&lt;script&gt;</c> or <c>&lt;style&gt;</c>, and it does not judge where
/// a link leads. Text and subject do not escape.</para>
/// </remarks>
public sealed class TemplateCatalog : ITemplates
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, LocalizedTemplate>> _templates;

    private TemplateCatalog(FrozenDictionary<string, FrozenDictionary<string, LocalizedTemplate>> templates) => _templates = templates;

    /// <summary>How many templates there are, locales not counted.</summary>
    public int Count => _templates.Count;

    public bool Contains(string templateId) => _templates.ContainsKey(templateId);

    /// <param name="directory">The directory that holds one directory for each template.</param>
    /// <param name="requireLoginCode">
    /// Whether <c>auth.login_code/en/subject.hbs</c> and <c>text.hbs</c> must be there, as login codes need.
    /// </param>
    /// <exception cref="TemplateCatalogException">Anything is wrong; it lists every problem with file and line.</exception>
    public static TemplateCatalog Load(string directory, bool requireLoginCode)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var problems = new ProblemList();
        var files = Read(directory, problems);
        if (requireLoginCode)
        {
            RequireLoginCode(files, problems);
        }

        var templates = new CatalogCompiler(problems).Compile(files);
        return problems.IsEmpty
            ? new TemplateCatalog(templates)
            : throw new TemplateCatalogException(directory, problems.ToList());
    }

    /// <summary>Makes a mail's content. Never throws for anything that a caller or a template says.</summary>
    /// <param name="templateId">The template.</param>
    /// <param name="locale">
    /// The wanted locale, BCP 47, in any letter case. What the template does not have falls back to the wider locale and
    /// at last to <c>en</c> (<c>fr-FR</c>, <c>fr</c>, <c>en</c>); a name that is no locale falls back to <c>en</c>.
    /// </param>
    /// <param name="variables">A JSON object; absent or null where there are none.</param>
    public TemplateOutcome Render(string templateId, string locale, JsonElement variables)
    {
        ArgumentNullException.ThrowIfNull(templateId);
        ArgumentNullException.ThrowIfNull(locale);
        if (!_templates.TryGetValue(templateId, out var locales))
        {
            var named = TemplateId.IsWellFormed(templateId) ? $"'{templateId}'" : "of the given id";
            return new TemplateOutcome.Failed(new RenderFailure(
                RenderFailureCode.UnknownTemplate,
                $"there is no template {named}: add it to the template directory and restart, or name one that is there"));
        }

        var template = Choose(locales, locale);
        return Rendering.Run(template, !template.Locale.Equals(locale, StringComparison.OrdinalIgnoreCase), variables);
    }

    bool ITemplates.Knows(string templateId) => Contains(templateId);

    RenderResult ITemplates.Render(string templateId, string? locale, JsonElement variables) =>
        Render(templateId, locale ?? TemplateLocale.Default, variables) switch
        {
            TemplateOutcome.Rendered rendered => new(rendered.Content, null, null),
            TemplateOutcome.Failed failed => new(null, failed.Failure.Code.Name(), failed.Failure.Message),
            var other => throw new InvalidOperationException($"Not an outcome: {other.GetType().Name}."),
        };

    private static LocalizedTemplate Choose(FrozenDictionary<string, LocalizedTemplate> locales, string wanted)
    {
        if (locales.TryGetValue(wanted, out var exact))
        {
            return exact;
        }

        var locale = TemplateLocale.IsWellFormed(wanted) ? TemplateLocale.Wider(wanted) : null;
        while (locale is not null)
        {
            if (locales.TryGetValue(locale, out var wider))
            {
                return wider;
            }

            locale = TemplateLocale.Wider(locale);
        }

        return locales[TemplateLocale.Default];
    }

    private static IReadOnlyList<TemplateFile> Read(string directory, ProblemList problems)
    {
        if (!Directory.Exists(directory))
        {
            problems.Add(directory, "there is no such directory: create it, or set MAIL_TEMPLATE_DIR to the one that holds the templates");
            return [];
        }

        try
        {
            return TemplateDirectory.Read(directory, problems);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(directory, $"it cannot be read: {error.Message}");
            return [];
        }
    }

    private static void RequireLoginCode(IReadOnlyList<TemplateFile> files, ProblemList problems)
    {
        foreach (var part in new[] { TemplatePart.Subject, TemplatePart.Text })
        {
            var path = $"{TemplateId.LoginCode}/{TemplateLocale.Default}/{part.FileName()}";
            if (!problems.Names(path) && !files.Any(file => file.Path == path))
            {
                problems.Add(path, "it is missing: login codes are sent with it");
            }
        }
    }
}
