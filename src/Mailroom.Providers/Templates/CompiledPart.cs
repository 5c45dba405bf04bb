using HandlebarsDotNet;

namespace Mailroom.Providers.Templates;

/// <summary>One file, ready to print. Immutable; any number of threads may render it at once.</summary>
internal sealed class CompiledPart(string file, int tags, HandlebarsTemplate<TextWriter, object, object> template)
{
    public string File { get; } = file;

    /// <exception cref="TemplateFault">The variables do not fit the template, or a bound was reached.</exception>
    public void Render(VariableNode variables, BoundedWriter writer, int limit)
    {
        writer.Restart(limit);
        variables.Budget.Restart(tags);
        template(writer, variables);
    }
}

/// <summary>A template in one locale.</summary>
internal sealed record LocalizedTemplate(string Locale, CompiledPart Subject, CompiledPart Text, CompiledPart? Html);
