using System.Globalization;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>
/// The resolved settings, read key by key with a type. A wrong value is noted and a harmless one returned in its
/// place, so that one start tells every error.
/// </summary>
public sealed partial class SettingsTree
{
    private readonly SettingsResolver resolver;
    private readonly List<SettingsProblem> errors = [];
    private readonly List<SettingsProblem> warnings = [];
    private readonly HashSet<string> read = new(StringComparer.Ordinal);
    private readonly HashSet<string> wrong = new(StringComparer.Ordinal);
    private readonly HashSet<string> unresolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> secrets = new(StringComparer.Ordinal);

    public SettingsTree(SettingsResolver resolver) => this.resolver = resolver;

    public IReadOnlyList<SettingsProblem> Errors => errors;

    public IReadOnlyList<SettingsProblem> Warnings => warnings;

    /// <summary>Every key that was asked for.</summary>
    public IReadOnlySet<string> ReadKeys => read;

    /// <summary>Notes an error. Of one setting the first is kept.</summary>
    public void Refuse(string key, string cause, string fix)
    {
        if (wrong.Add(key))
        {
            errors.Add(new SettingsProblem(Describe(key), cause, fix));
        }
    }

    public void Warn(string key, string cause, string fix) => warnings.Add(new SettingsProblem(Describe(key), cause, fix));

    /// <summary>None of the settings was refused, so that they can be compared.</summary>
    public bool AreSound(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (wrong.Contains(key))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The environment variable of a setting, for messages.</summary>
    public string VariableOf(string key) => resolver.Definition(key).Variable;

    private SettingValue? Read(string key)
    {
        read.Add(key);
        var definition = resolver.Definition(key);
        try
        {
            return resolver.Resolve(key);
        }
        catch (HoconException refused)
        {
            // A setting that names this one meets the same refusal.
            wrong.Add(key);
            if (unresolved.Add(refused.Message))
            {
                errors.Add(new SettingsProblem($"{key} ({definition.Variable}) at {refused.At}", refused.Cause, refused.Fix));
            }

            return null;
        }
    }

    /// <summary>The text of a setting; null where it was refused.</summary>
    private string? ReadText(string key, string form)
    {
        var value = Read(key);
        if (value is { Text: null })
        {
            Refuse(key, "a list stands where one value should", $"Set {VariableOf(key)} to {form}");
            return null;
        }

        return value?.Text;
    }

    /// <summary>A key, its variable, its value (never a secret's) and where the value comes from.</summary>
    private string Describe(string key)
    {
        var name = $"{key} ({VariableOf(key)})";
        if (!read.Contains(key))
        {
            return name;
        }

        try
        {
            var value = resolver.Resolve(key);
            var shown = secrets.Contains(key) ? Settings.Secret.Mask : $"\"{Shown.Text(value.ToString())}\"";
            return value.IsEmpty
                ? $"{name} is not set"
                : string.Create(CultureInfo.InvariantCulture, $"{name} is {shown} in {value.Origin}");
        }
        catch (HoconException)
        {
            // Already told by the read that failed.
            return name;
        }
    }
}
