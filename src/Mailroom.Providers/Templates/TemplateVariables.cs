using System.Globalization;
using System.Text.Json;

namespace Mailroom.Providers.Templates;

/// <summary>Turns the caller's JSON into <see cref="VariableNode"/>s: plain data without a .NET member behind it.</summary>
internal struct TemplateVariables(LoopBudget budget)
{
    private int _left = TemplateLimits.VariableValues;

    /// <summary>An absent or null document stands for no variables at all.</summary>
    /// <exception cref="TemplateFault">Not an object, too many values, too deep, or text that is not Unicode.</exception>
    public static VariableNode From(JsonElement variables, LoopBudget budget) => variables.ValueKind switch
    {
        JsonValueKind.Object => new TemplateVariables(budget).Object(variables, null, "", 1),
        JsonValueKind.Undefined or JsonValueKind.Null => new VariableObject(null, "", budget, [], []),
        _ => throw TemplateFault.RenderFailed("the variables must be a JSON object"),
    };

    private object Value(JsonElement element, VariableNode parent, string name, int depth)
    {
        _left--;
        return element.ValueKind switch
        {
            JsonValueKind.String => Text(element),
            JsonValueKind.Number => Number(element),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Object => Object(element, parent, name, depth + 1),
            JsonValueKind.Array => List(element, parent, name, depth + 1),
            // The engine finds no members on a .NET null and would blame the wrong name.
            JsonValueKind.Null => "",
            _ => throw TemplateFault.RenderFailed("the variables hold a value that is not JSON"),
        };
    }

    private VariableObject Object(JsonElement element, VariableNode? parent, string name, int depth)
    {
        var count = element.GetPropertyCount();
        RefuseExcess(count, depth);
        var names = new string[count];
        var values = new object[count];
        var node = new VariableObject(parent, name, budget, names, values);
        var at = 0;
        foreach (var property in element.EnumerateObject())
        {
            names[at] = Name(property);
            values[at] = Value(property.Value, node, names[at], depth);
            at++;
        }

        return node;
    }

    private VariableList List(JsonElement element, VariableNode parent, string name, int depth)
    {
        var count = element.GetArrayLength();
        RefuseExcess(count, depth);
        var values = new object[count];
        var node = new VariableList(parent, name, budget, values);
        var at = 0;
        foreach (var item in element.EnumerateArray())
        {
            values[at] = Value(item, node, item.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? Index(at) : "", depth);
            at++;
        }

        return node;
    }

    // Before any array is made, so that a wide document costs nothing.
    private readonly void RefuseExcess(int count, int depth)
    {
        if (depth > TemplateLimits.VariableDepth)
        {
            throw TemplateFault.RenderFailed($"the variables are nested deeper than {TemplateLimits.VariableDepth}");
        }

        if (count > _left)
        {
            throw TemplateFault.RenderFailed($"the variables hold more than {TemplateLimits.VariableValues} values");
        }
    }

    private static string Index(int at) => at.ToString(CultureInfo.InvariantCulture);

    // JSON allows a lone surrogate (\ud800), which is no text and would break the mail's encoding.
    private static string Text(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw NotUnicode();
        }
    }

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw NotUnicode();
        }
    }

    private static TemplateFault NotUnicode() =>
        TemplateFault.RenderFailed("the variables hold text that is not Unicode (a lone surrogate)");

    // A number is printed as it was sent: what no exact .NET number spells the same way stays text.
    private static object Number(JsonElement element)
    {
        if (element.TryGetInt64(out var whole))
        {
            return whole;
        }

        var raw = element.GetRawText();
        return decimal.TryParse(raw, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exact)
            && exact.ToString(CultureInfo.InvariantCulture) == raw
                ? exact
                : raw;
    }
}
