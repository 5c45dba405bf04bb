using System.Text;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>
/// The layers on top of each other: defaults, profile, the operator's file, environment. A later layer wins; the
/// environment always does. Substitutions see the result, so a default that names another key follows it.
/// </summary>
public sealed class SettingsResolver
{
    private readonly SettingsSchema schema;
    private readonly IReadOnlyDictionary<string, string> environment;
    private readonly Dictionary<string, List<HoconValue>> candidates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SettingValue> resolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> resolving = new(StringComparer.Ordinal);

    /// <param name="schema">The settings and their defaults.</param>
    /// <param name="environment">The process's environment variables.</param>
    /// <param name="layers">Files, the weakest first. Keys that the schema does not have are passed over.</param>
    public SettingsResolver(SettingsSchema schema, IReadOnlyDictionary<string, string> environment, params IEnumerable<HoconDocument> layers)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(layers);
        this.schema = schema;
        this.environment = environment;
        foreach (var setting in schema.Settings)
        {
            candidates[setting.Key] = [setting.Default];
        }

        foreach (var entry in layers.SelectMany(layer => layer.Entries).Where(entry => schema.IsKey(entry.Key)))
        {
            candidates[entry.Key].Add(entry.Value);
        }
    }

    public SettingDefinition Definition(string key) => schema[key];

    /// <summary>The value of a setting.</summary>
    /// <exception cref="HoconException">A substitution in it cannot be resolved.</exception>
    /// <exception cref="InvalidOperationException">The schema has no such setting.</exception>
    public SettingValue Resolve(string key)
    {
        if (resolved.TryGetValue(key, out var known))
        {
            return known;
        }

        var value = FromEnvironment(schema[key].Variable) is { } text
            ? new SettingValue(text, null, "the environment")
            : FromFiles(key);
        resolved[key] = value;
        return value;
    }

    private SettingValue FromFiles(string key)
    {
        resolving.Add(key);
        try
        {
            foreach (var candidate in Enumerable.Reverse(candidates[key]))
            {
                if (Evaluate(candidate) is { } value)
                {
                    return value;
                }
            }
        }
        finally
        {
            resolving.Remove(key);
        }

        return new SettingValue("", null, SettingsSchema.FileName);
    }

    /// <summary>An empty variable counts as absent: compose files and charts pass variables on without a value.</summary>
    private string? FromEnvironment(string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>Null where only absent optional substitutions make up the value.</summary>
    private SettingValue? Evaluate(HoconValue value) => value switch
    {
        HoconText { OnlySubstitution: { } only } => Substitute(only) is { } found ? found with { Origin = value.At.ToString() } : null,
        HoconText text => Join(text) is { } joined ? new SettingValue(joined, null, text.At.ToString()) : null,
        HoconList list => new SettingValue(null, list.Items.Select(Join).OfType<string>().ToList(), list.At.ToString()),
        _ => throw new InvalidOperationException($"{value.At}: {value.GetType().Name} is not a kind of value."),
    };

    private string? Join(HoconText text)
    {
        var joined = new StringBuilder();
        var present = false;
        foreach (var piece in text.Pieces)
        {
            var part = piece switch
            {
                HoconLiteral literal => literal.Text,
                HoconSubstitution substitution => SubstituteText(substitution),
                _ => throw new InvalidOperationException($"{text.At}: {piece.GetType().Name} is not a kind of piece."),
            };
            present |= part is not null;
            joined.Append(part);
            if (joined.Length > HoconLimits.ValueLength)
            {
                throw new HoconException(text.At, $"the value is longer than {HoconLimits.ValueLength} characters", "Shorten it");
            }
        }

        return present ? joined.ToString() : null;
    }

    private string? SubstituteText(HoconSubstitution substitution)
    {
        var value = Substitute(substitution);
        return value is null or { Text: not null }
            ? value?.Text
            : throw new HoconException(substitution.At, $"{substitution} is a list and cannot be part of a text", "Name a setting that is no list");
    }

    private SettingValue? Substitute(HoconSubstitution substitution)
    {
        if (schema.IsGroup(substitution.Name))
        {
            throw new HoconException(substitution.At, $"{substitution} names a group", "Name one of the settings in it");
        }

        if (schema.IsKey(substitution.Name))
        {
            return resolving.Contains(substitution.Name)
                ? throw new HoconException(substitution.At, $"{substitution} refers back to itself", "Write the value instead")
                : Resolve(substitution.Name);
        }

        if (FromEnvironment(substitution.Name) is { } text)
        {
            return new SettingValue(text, null, "the environment");
        }

        return substitution.Optional
            ? null
            : throw new HoconException(
                substitution.At,
                $"{substitution} is neither a setting nor an environment variable with a value",
                $"Set it, or write ${{?{substitution.Name}}} where it may be absent");
    }
}
