namespace Mailroom.Host.Settings;

/// <param name="Deliveries">Time that a delivery is kept after it ended.</param>
/// <param name="MalformedCommands">Time that a malformed command is kept.</param>
/// <param name="Interval">Time from one clean-up to the next.</param>
public sealed record RetentionSettings(TimeSpan Deliveries, TimeSpan MalformedCommands, TimeSpan Interval)
{
    internal static RetentionSettings Bind(SettingsTree tree)
    {
        var least = TimeSpan.FromSeconds(1);
        var tenYears = TimeSpan.FromHours(87_600);
        return new RetentionSettings(
            tree.Duration("mailroom.retention.deliveries", least, tenYears),
            tree.Duration("mailroom.retention.malformed-commands", least, tenYears),
            tree.Duration("mailroom.retention.interval", least, TimeSpan.FromHours(168)));
    }
}
