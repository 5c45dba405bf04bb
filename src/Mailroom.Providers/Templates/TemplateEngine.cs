using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using HandlebarsDotNet;
using HandlebarsDotNet.IO;

namespace Mailroom.Providers.Templates;

/// <summary>
/// Handlebars with everything shut that reaches past the variables: reflection, files, partials, and any helper
/// but <c>if</c>, <c>unless</c>, <c>each</c>, <c>with</c> and <c>lookup</c>.
/// </summary>
internal sealed class TemplateEngine
{
    private readonly IHandlebars _escaping = Create(escape: true);
    private readonly IHandlebars _plain = Create(escape: false);

    /// <exception cref="HandlebarsException">The template is not one that the engine takes.</exception>
    public HandlebarsTemplate<TextWriter, object, object> Compile(string template, bool escape)
    {
        using var reader = new StringReader(template);
        return (escape ? _escaping : _plain).Compile(reader);
    }

    private static IHandlebars Create(bool escape)
    {
        var configuration = new HandlebarsConfiguration
        {
            ThrowOnUnresolvedBindingExpression = true,
            NoEscape = !escape,
            TextEncoder = escape ? new HtmlTextEncoder() : null,
            FormatProvider = CultureInfo.InvariantCulture,
            PartialTemplateResolver = new NoPartials(),
            PartialRecursionDepthLimit = 0,
        };
        configuration.ObjectDescriptorProviders.Add(new VariableDescriptors());
        configuration.FormatterProviders.Add(new NodeFormatters());
        configuration.CompileTimeConfiguration.Features.Add(new LookupHelper());
        return Handlebars.Create(configuration);
    }

    private sealed class NoPartials : IPartialTemplateResolver
    {
        public bool TryRegisterPartial(IHandlebars environment, string? partialName, string? templatePath) => false;
    }

    private sealed class NodeFormatters : IFormatterProvider, IFormatter
    {
        public bool TryCreateFormatter(Type type, [NotNullWhen(true)] out IFormatter? formatter)
        {
            formatter = typeof(VariableNode).IsAssignableFrom(type) ? this : null;
            return formatter is not null;
        }

        public void Format<T>(T value, in EncodedTextWriter writer)
        {
            var path = (value as VariableNode)?.Path();
            throw TemplateFault.RenderFailed($"'{path}' is a list or an object: print one of its members");
        }
    }
}
