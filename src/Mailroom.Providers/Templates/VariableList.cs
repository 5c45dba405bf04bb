using System.Collections;
using System.Globalization;

namespace Mailroom.Providers.Templates;

internal sealed class VariableList(VariableNode? parent, string name, LoopBudget budget, object[] values)
    : VariableNode(parent, name, budget), IEnumerable
{
    private const string Length = "length";

    public override int Count => values.Length;

    public override object KeyAt(int index) => (long)index;

    public override object ValueAt(int index) => values[index];

    // The engine takes an enumerable without elements for false.
    public IEnumerator GetEnumerator() => values.GetEnumerator();

    public override bool TryGet(string member, out object value)
    {
        if (TemplateName.IsIndex(member) && int.Parse(member, CultureInfo.InvariantCulture) is var at && at < values.Length)
        {
            value = values[at];
            return true;
        }

        value = (long)values.Length;
        return member == Length;
    }
}
