using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Settings;

public enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>One JSON object a line, for collectors.</summary>
    Json,
}

/// <param name="Level">The least level that is logged.</param>
/// <param name="Format">How a line is written.</param>
/// <param name="SummaryInterval">Time from one summary of what waits to the next.</param>
public sealed record LogSettings(LogLevel Level, LogFormat Format, TimeSpan SummaryInterval)
{
    internal static LogSettings Bind(SettingsTree tree) => new(
        tree.Choice(
            "mailroom.log.level",
            ("debug", LogLevel.Debug),
            ("info", LogLevel.Information),
            ("warn", LogLevel.Warning),
            ("error", LogLevel.Error)),
        tree.Choice("mailroom.log.format", ("text", LogFormat.Text), ("json", LogFormat.Json)),
        tree.Duration("mailroom.log.summary-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)));
}
