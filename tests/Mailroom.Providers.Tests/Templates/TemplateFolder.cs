using Mailroom.Actors.Deliveries;
using System.Text.Json;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

/// <summary>A template directory of a test's own, deleted with it.</summary>
internal sealed class TemplateFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mailroom-templates-").FullName;

    public static TemplateFolder Of(string text, string subject = "s", string? html = null)
    {
        var folder = new TemplateFolder().With("t/en/subject.hbs", subject).With("t/en/text.hbs", text);
        return html is null ? folder : folder.With("t/en/html.hbs", html);
    }

    public TemplateFolder With(string file, string content)
    {
        var path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return this;
    }

    public TemplateFolder WithBytes(string file, byte[] content)
    {
        With(file, "");
        File.WriteAllBytes(System.IO.Path.Combine(Path, file), content);
        return this;
    }

    public TemplateFolder WithLink(string name, string target)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
        return this;
    }

    public TemplateCatalog Load(bool requireLoginCode = false) => TemplateCatalog.Load(Path, requireLoginCode);

    public IReadOnlyList<string> Problems(bool requireLoginCode = false) =>
        [.. Should.Throw<TemplateCatalogException>(() => Load(requireLoginCode)).Problems.Select(problem => problem.ToString())];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class Render
{
    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static TemplateOutcome Try(this TemplateCatalog catalog, string variables, string locale = "en") =>
        catalog.Render("t", locale, Json(variables));

    public static RenderedContent Content(this TemplateOutcome result) =>
        result.ShouldBeOfType<TemplateOutcome.Rendered>().Content;

    public static RenderFailure Failure(this TemplateOutcome result) =>
        result.ShouldBeOfType<TemplateOutcome.Failed>().Failure;

    /// <summary>Renders one text template.</summary>
    public static TemplateOutcome Text(string template, string variables)
    {
        using var folder = TemplateFolder.Of(template);
        return folder.Load().Try(variables);
    }
}
