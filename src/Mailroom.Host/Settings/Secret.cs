namespace Mailroom.Host.Settings;

/// <summary>A text that is never printed: not by logs, not by records that hold it, not by serializers.</summary>
public sealed class Secret(string value)
{
    public const string Mask = "***";

    /// <summary>The text itself, for the one place that needs it.</summary>
    public string Reveal() => value;

    public override string ToString() => Mask;
}
