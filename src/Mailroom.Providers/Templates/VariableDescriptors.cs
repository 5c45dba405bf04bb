using System.Diagnostics.CodeAnalysis;
using HandlebarsDotNet.MemberAccessors;
using HandlebarsDotNet.ObjectDescriptors;
using HandlebarsDotNet.PathStructure;

namespace Mailroom.Providers.Templates;

/// <summary>
/// Answers the engine for every .NET type, so that its own providers, which use reflection, are never asked.
/// One descriptor serves all types because the engine keeps a loop's first descriptor for its later elements.
/// </summary>
internal sealed class VariableDescriptors : IObjectDescriptorProvider
{
    private static readonly ObjectDescriptor Only = new(
        typeof(object),
        new Accessor(),
        (_, _) => Array.Empty<string>(),
        _ => new VariableIterator());

    public bool TryGetDescriptor(Type type, [NotNullWhen(true)] out ObjectDescriptor? value)
    {
        value = Only;
        return true;
    }

    private sealed class Accessor : IMemberAccessor
    {
        // Throws where the engine expects "no": it would look further and end with an empty text.
        public bool TryGetValue(object instance, ChainSegment memberName, out object? value)
        {
            var member = memberName.TrimmedValue;
            if (instance is not VariableNode node)
            {
                throw TemplateFault.UnknownVariable(member);
            }

            if (!node.TryGet(member, out var found))
            {
                throw TemplateFault.UnknownVariable(node.Path(member));
            }

            value = found;
            return true;
        }
    }
}
