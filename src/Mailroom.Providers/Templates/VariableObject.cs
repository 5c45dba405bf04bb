namespace Mailroom.Providers.Templates;

internal sealed class VariableObject(VariableNode? parent, string name, LoopBudget budget, string[] names, object[] values)
    : VariableNode(parent, name, budget)
{
    private const int LinearSearchUpTo = 8;

    private Dictionary<string, int>? _index;

    public override int Count => names.Length;

    public override object KeyAt(int index) => names[index];

    public override object ValueAt(int index) => values[index];

    public override bool TryGet(string member, out object value)
    {
        var at = Find(member);
        value = at < 0 ? "" : values[at];
        return at >= 0;
    }

    // JSON leaves repeated names open; the last one wins, as in most readers.
    private int Find(string member)
    {
        if (names.Length <= LinearSearchUpTo)
        {
            return Array.LastIndexOf(names, member);
        }

        _index ??= Index(names);
        return _index.TryGetValue(member, out var found) ? found : -1;
    }

    private static Dictionary<string, int> Index(string[] names)
    {
        var index = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            index[names[i]] = i;
        }

        return index;
    }
}
