using HandlebarsDotNet;
using HandlebarsDotNet.Compiler;
using HandlebarsDotNet.Iterators;
using HandlebarsDotNet.PathStructure;
using HandlebarsDotNet.Runtime;
using HandlebarsDotNet.ValueProviders;

namespace Mailroom.Providers.Templates;

/// <summary><c>{{#each}}</c> over a list or an object's properties; null and empty run the <c>{{else}}</c> branch.</summary>
internal sealed class VariableIterator : IIterator
{
    public void Iterate(
        in EncodedTextWriter writer,
        BindingContext context,
        ChainSegment[] blockParamsVariables,
        object input,
        TemplateDelegate template,
        TemplateDelegate ifEmpty)
    {
        switch (input)
        {
            case VariableNode { Count: > 0 } node:
                IterateElements(writer, context, blockParamsVariables, node, template);
                break;
            case VariableNode or "":
                ifEmpty(writer, context);
                break;
            default:
                throw TemplateFault.RenderFailed("{{#each}} was given a text, number or boolean: give it a list or an object");
        }
    }

    private static void IterateElements(
        in EncodedTextWriter writer,
        BindingContext context,
        ChainSegment[] blockParamsVariables,
        VariableNode node,
        TemplateDelegate template)
    {
        using var frame = context.CreateFrame();
        var iterator = new IteratorValues(frame);
        var blockParams = new BlockParamsValues(frame, blockParamsVariables);
        blockParams.CreateProperty(0, out var valueParam);
        blockParams.CreateProperty(1, out var keyParam);

        for (var at = 0; at < node.Count; at++)
        {
            node.Budget.SpendTurn();
            var value = node.ValueAt(at);
            var key = node.KeyAt(at);
            iterator.First = at == 0 ? BoxedValues.True : BoxedValues.False;
            iterator.Last = at == node.Count - 1 ? BoxedValues.True : BoxedValues.False;
            iterator.Index = BoxedValues.Int(at);
            iterator.Key = key;
            iterator.Value = value;
            blockParams[valueParam] = value;
            blockParams[keyParam] = key;
            frame.Value = value;
            template(writer, frame);
        }
    }
}
