using System.Globalization;
using HandlebarsDotNet;
using HandlebarsDotNet.Features;
using HandlebarsDotNet.Helpers;
using HandlebarsDotNet.PathStructure;
using HandlebarsDotNet.Runtime;

namespace Mailroom.Providers.Templates;

/// <summary>
/// <c>lookup</c>, in place of the engine's own, which keeps every key that it was ever given: keys come from callers,
/// so its memory would grow for ever. A feature puts it there because the engine sets its helpers at each compilation.
/// </summary>
internal sealed class LookupHelper : IHelperDescriptor<HelperOptions>, IFeature, IFeatureFactory
{
    private const string HelperName = "lookup";

    public PathInfo Name { get; } = PathInfo.Parse(HelperName);

    public IFeature CreateFeature() => this;

    public void OnCompiling(ICompiledHandlebarsConfiguration configuration) =>
        configuration.Helpers[HelperName] = new Ref<IHelperDescriptor<HelperOptions>>(this);

    public void CompilationCompleted()
    {
    }

    public void Invoke(in EncodedTextWriter output, in HelperOptions options, in Context context, in Arguments arguments) =>
        output.Write(Find(arguments));

    public object Invoke(in HelperOptions options, in Context context, in Arguments arguments) => Find(arguments);

    private static object Find(in Arguments arguments)
    {
        if (arguments[0] is not VariableNode node)
        {
            throw TemplateFault.RenderFailed("{{lookup}} was given a text, number or boolean: give it a list or an object");
        }

        // The key may be a variable's value, so a failure does not name it.
        var key = Convert.ToString(arguments[1], CultureInfo.InvariantCulture) ?? "";
        return node.TryGet(key, out var value) ? value : throw TemplateFault.UnknownVariable(node.Path("*"));
    }
}
