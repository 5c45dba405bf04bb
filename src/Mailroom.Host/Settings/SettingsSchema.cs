using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>One setting as <c>mailroom.conf</c> defines it.</summary>
/// <param name="Key">Such as <c>mailroom.smtp.timeout</c>.</param>
/// <param name="Variable">The environment variable that overrides it.</param>
/// <param name="Comment">Meaning, unit and range.</param>
/// <param name="Default">The value where nothing else sets it.</param>
public sealed record SettingDefinition(string Key, string Variable, string Comment, HoconValue Default);

/// <summary>Every setting there is. <c>mailroom.conf</c> is the one place that lists them.</summary>
public sealed class SettingsSchema
{
    public const string FileName = "mailroom.conf";

    private readonly Dictionary<string, SettingDefinition> byKey;
    private readonly HashSet<string> groups;

    private SettingsSchema(IReadOnlyList<SettingDefinition> settings)
    {
        Settings = settings;
        byKey = settings.ToDictionary(setting => setting.Key, StringComparer.Ordinal);
        groups = settings.SelectMany(setting => Ancestors(setting.Key)).ToHashSet(StringComparer.Ordinal);
        Variables = settings.ToDictionary(setting => setting.Variable, setting => setting.Key, StringComparer.Ordinal);
    }

    public IReadOnlyList<SettingDefinition> Settings { get; }

    /// <summary>The key that each environment variable sets.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; }

    public SettingDefinition this[string key] => byKey.TryGetValue(key, out var setting)
        ? setting
        : throw new InvalidOperationException($"{FileName} has no setting {key}.");

    public IEnumerable<string> Keys => byKey.Keys;

    public IEnumerable<string> Groups => groups;

    public bool IsKey(string key) => byKey.ContainsKey(key);

    public bool IsGroup(string key) => groups.Contains(key);

    /// <summary>The schema that is part of the program.</summary>
    public static SettingsSchema Load() => Of(HoconReader.Read(new EmbeddedFiles(), FileName));

    /// <summary>Each key stands twice in a schema: with its default, then with its environment variable.</summary>
    /// <exception cref="InvalidOperationException">The document is no schema.</exception>
    public static SettingsSchema Of(HoconDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return new SettingsSchema(document.Entries.GroupBy(entry => entry.Key, StringComparer.Ordinal).Select(Define).ToList());
    }

    /// <summary>The groups that a key stands in, outermost first.</summary>
    internal static IEnumerable<string> Ancestors(string key)
    {
        for (var dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = key.IndexOf('.', dot + 1))
        {
            yield return key[..dot];
        }
    }

    private static SettingDefinition Define(IGrouping<string, HoconEntry> lines)
    {
        if (lines.ToList() is not [var first, { Value: HoconText { OnlySubstitution: { Optional: true } variable } } second]
            || first.Value is HoconText { OnlySubstitution: not null }
            || second.At.Line != first.At.Line + 1)
        {
            throw new InvalidOperationException(
                $"{lines.First().At}: {lines.Key} needs two lines, its default and then {lines.Key} = ${{?VARIABLE}}.");
        }

        return new SettingDefinition(lines.Key, variable.Name, first.Comment, first.Value);
    }
}
