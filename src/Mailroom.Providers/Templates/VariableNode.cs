namespace Mailroom.Providers.Templates;

/// <summary>
/// An object or list of the variables, as the engine sees it. Scalars are plain <c>string</c>, <c>bool</c>,
/// <c>long</c> and <c>decimal</c>; null is the empty string. The engine can reach nothing else: no node has a member
/// that is not in the JSON, except a list's <c>length</c>.
/// </summary>
internal abstract class VariableNode(VariableNode? parent, string name, LoopBudget budget)
{
    public LoopBudget Budget { get; } = budget;

    public abstract int Count { get; }

    /// <summary>A property's name, or an element's index.</summary>
    public abstract object KeyAt(int index);

    public abstract object ValueAt(int index);

    public abstract bool TryGet(string member, out object value);

    /// <summary>The node's own path, or with a member behind it that the template asked for.</summary>
    public string Path(string? member = null)
    {
        var path = member ?? "";
        for (var node = this; node is { IsRoot: false }; node = node.Parent)
        {
            path = path.Length == 0 ? node.PrintableName : $"{node.PrintableName}.{path}";
        }

        return path.Length == 0 ? "this" : path;
    }

    private VariableNode? Parent { get; } = parent;

    private bool IsRoot => Parent is null;

    // A name that comes from data and not from a template may be an address: those are never printed.
    private string PrintableName => TemplateName.IsIdentifier(name) || TemplateName.IsIndex(name) ? name : "*";
}
