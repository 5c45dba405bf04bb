using System.Collections;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>Where settings come from, beside the files in the program.</summary>
/// <param name="Environment">The environment variables.</param>
/// <param name="ConfigFile">The operator's file, where the command line names one; else <c>MAILROOM_CONFIG</c> may.</param>
public sealed record SettingsSources(IReadOnlyDictionary<string, string> Environment, string? ConfigFile = null)
{
    /// <summary>This process's environment.</summary>
    public static SettingsSources OfProcess(string? configFile) => new(
        System.Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal),
        configFile);
}

/// <param name="Settings">The settings; null where there are errors.</param>
/// <param name="Errors">Everything that stops the start.</param>
/// <param name="Warnings">What an operator should know.</param>
public sealed record SettingsOutcome(
    MailroomSettings? Settings, IReadOnlyList<SettingsProblem> Errors, IReadOnlyList<SettingsProblem> Warnings);

/// <summary>Loads the settings of a start: defaults, then the profile's file, then the operator's, then the environment.</summary>
public static class SettingsLoader
{
    /// <summary>Reads and checks everything. What an operator got wrong is an error in the outcome, never an exception.</summary>
    public static SettingsOutcome Load(SettingsSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var schema = SettingsSchema.Load();
        HoconDocument? operators;
        try
        {
            operators = ReadOperatorsFile(sources);
        }
        catch (HoconException refused)
        {
            // Without the file the values are not the operator's, so only what does not depend on them is told.
            var unknown = UnknownNames.Variables(schema, sources.Environment.Keys, []);
            return new SettingsOutcome(null, [new SettingsProblem(refused.At.ToString(), refused.Cause, refused.Fix), .. unknown], []);
        }

        return Bind(schema, sources.Environment, operators is null ? [] : [operators]);
    }

    private static SettingsOutcome Bind(
        SettingsSchema schema, IReadOnlyDictionary<string, string> environment, IReadOnlyList<HoconDocument> operators)
    {
        var profile = ReadProfile(MailroomSettings.BindProfile(new SettingsTree(new SettingsResolver(schema, environment, operators))));
        var tree = new SettingsTree(new SettingsResolver(schema, environment, [profile, .. operators]));
        var settings = MailroomSettings.Bind(tree);
        SettingsProblem[] errors =
        [
            .. operators.SelectMany(document => UnknownNames.Keys(schema, document)),
            .. UnknownNames.Variables(schema, environment.Keys, operators),
            .. tree.Errors,
        ];
        return new SettingsOutcome(errors.Length == 0 ? settings : null, errors, tree.Warnings);
    }

    private static HoconDocument? ReadOperatorsFile(SettingsSources sources)
    {
        var name = sources.ConfigFile ?? sources.Environment.GetValueOrDefault(UnknownNames.ConfigVariable);
        return string.IsNullOrEmpty(name) ? null : HoconReader.Read(new DiskFiles(), name);
    }

    private static HoconDocument ReadProfile(Profile profile) => HoconReader.Read(
        new EmbeddedFiles(),
        profile switch
        {
            Profile.Dev => "dev.conf",
            Profile.Production => "production.conf",
            _ => throw new InvalidOperationException($"{profile} is not a profile."),
        });
}
