using System.Text;

namespace Mailroom.Host.Settings;

/// <summary>How a start that the settings stopped is told to a person.</summary>
public static class SettingsErrors
{
    /// <summary>The process's exit code: EX_CONFIG of <c>sysexits.h</c>.</summary>
    public const int ExitCode = 78;

    /// <summary>A heading and one line for each error.</summary>
    public static string Format(IReadOnlyList<SettingsProblem> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        var text = new StringBuilder("Mailroom does not start: ")
            .Append(errors.Count == 1 ? "one error in the settings." : $"{errors.Count} errors in the settings.");
        foreach (var error in errors)
        {
            text.Append("\n  ").Append(error);
        }

        return text.Append('\n').ToString();
    }
}
