namespace Mailroom.Host.Settings;

/// <summary>A setting's value after layers and substitutions, still without a type.</summary>
/// <param name="Text">The text; null for a list.</param>
/// <param name="Items">The items; null for a text.</param>
/// <param name="Origin">Where it was set, as a message says it: <c>the environment</c> or <c>dev.conf:3</c>.</param>
public sealed record SettingValue(string? Text, IReadOnlyList<string>? Items, string Origin)
{
    /// <summary>An empty text says that the setting is not set.</summary>
    public bool IsEmpty => Text is { Length: 0 };

    public override string ToString() => Text ?? $"[{string.Join(", ", Items ?? [])}]";
}
