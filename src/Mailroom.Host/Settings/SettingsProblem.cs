namespace Mailroom.Host.Settings;

/// <summary>One thing wrong with the settings, or worth a warning: what it is about, why, and what to do. One line, no secret.</summary>
/// <param name="Subject">The setting, variable or place in a file, with the value where that is no secret.</param>
/// <param name="Cause">Why it is refused or warned of.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record SettingsProblem(string Subject, string Cause, string Fix)
{
    public override string ToString() => $"{Subject}: {Cause}. {Fix}.";
}
