namespace Mailroom.Providers.Templates;

/// <summary>One file of a catalog, read but not yet understood.</summary>
internal sealed record TemplateFile(string TemplateId, string Locale, TemplatePart Part, string Path, string Content);

internal enum TemplatePart
{
    Subject,
    Text,
    Html,
}

internal static class TemplateParts
{
    public static string FileName(this TemplatePart part) => part switch
    {
        TemplatePart.Subject => "subject.hbs",
        TemplatePart.Text => "text.hbs",
        TemplatePart.Html => "html.hbs",
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "Not a part of a template."),
    };

    public static TemplatePart? FromFileName(string name) => name switch
    {
        "subject.hbs" => TemplatePart.Subject,
        "text.hbs" => TemplatePart.Text,
        "html.hbs" => TemplatePart.Html,
        _ => null,
    };
}
