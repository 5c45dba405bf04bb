using System.Text.RegularExpressions;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>Finds keys and environment variables that no setting has, so that a misspelled one stops the start instead of doing nothing.</summary>
public static partial class UnknownNames
{
    /// <summary>Names the operator's file.</summary>
    public const string ConfigVariable = "MAILROOM_CONFIG";

    private const string TestPrefix = "MAILROOM_TEST_";

    /// <summary>Unknown keys of a file, each once, and values where a group belongs or the other way round.</summary>
    public static IEnumerable<SettingsProblem> Keys(SettingsSchema schema, HoconDocument document)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(document);
        var told = new HashSet<string>(StringComparer.Ordinal);
        var groups = document.Groups.Select(group => (group.Key, group.At, IsGroup: true));
        var values = document.Entries.Select(entry => (entry.Key, entry.At, IsGroup: false));
        foreach (var (key, at, isGroup) in groups.Concat(values))
        {
            // What stands in a group that was told is not told again.
            if (!SettingsSchema.Ancestors(key).Any(told.Contains) && Check(schema, key, at, isGroup) is { } problem && told.Add(key))
            {
                yield return problem;
            }
        }
    }

    /// <summary><c>MAIL_*</c> and <c>MAILROOM_*</c> variables that no setting and no substitution names.</summary>
    public static IEnumerable<SettingsProblem> Variables(
        SettingsSchema schema, IEnumerable<string> environment, IEnumerable<HoconDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(documents);
        var known = documents
            .SelectMany(document => document.Entries)
            .SelectMany(entry => entry.Value.Substitutions)
            .Select(substitution => substitution.Name)
            .Concat(schema.Variables.Keys)
            .Append(ConfigVariable)
            .ToHashSet(StringComparer.Ordinal);
        return environment
            .Where(name => IsOurs(name) && !known.Contains(name))
            .Order(StringComparer.Ordinal)
            .Select(name => new SettingsProblem(Shown.Text(name), "no setting has this environment variable", FixVariable(schema, name)));
    }

    private static SettingsProblem? Check(SettingsSchema schema, string key, HoconLocation at, bool isGroup)
    {
        if (isGroup ? schema.IsGroup(key) : schema.IsKey(key))
        {
            return null;
        }

        if (schema.IsGroup(key))
        {
            return new SettingsProblem(at.ToString(), $"{key} is a group, not a setting", $"Set one of its keys, such as {FirstIn(schema, key)}");
        }

        if (SettingsSchema.Ancestors(key).Append(key).FirstOrDefault(schema.IsKey) is { } setting)
        {
            return new SettingsProblem(at.ToString(), $"{setting} is a setting, not a group", $"Write {setting} = value");
        }

        var nearest = NearestName.Find(key, isGroup ? schema.Groups : schema.Keys);
        return new SettingsProblem(at.ToString(), $"there is no setting {Shown.Text(key)}", Suggest(nearest, "Remove it"));
    }

    private static string FirstIn(SettingsSchema schema, string group) =>
        schema.Keys.First(key => key.StartsWith($"{group}.", StringComparison.Ordinal));

    private static bool IsOurs(string name) =>
        (name.StartsWith("MAIL_", StringComparison.Ordinal) || name.StartsWith("MAILROOM_", StringComparison.Ordinal))
        && !name.StartsWith(TestPrefix, StringComparison.Ordinal);

    private static string FixVariable(SettingsSchema schema, string name)
    {
        if (DroppedVariables.FixOf(name) is { } dropped)
        {
            return dropped;
        }

        if (NearestName.Find(name, schema.Variables.Keys.Append(ConfigVariable)) is { } nearest)
        {
            return Suggest(nearest, "Unset it");
        }

        return ServiceLink().IsMatch(name)
            ? "Unset it; if it comes from a Kubernetes service, put enableServiceLinks: false into the pod"
            : Suggest(null, "Unset it");
    }

    private static string Suggest(string? nearest, string otherwise) => nearest is null
        ? $"{otherwise}; hocon/{SettingsSchema.FileName} lists every setting"
        : $"Did you mean {nearest}? {otherwise} otherwise; hocon/{SettingsSchema.FileName} lists every setting";

    /// <summary>What Kubernetes sets for a service named mail or mailroom.</summary>
    [GeneratedRegex("_SERVICE_(HOST|PORT)|_PORT(_[0-9]+_(TCP|UDP))?", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceLink();
}
