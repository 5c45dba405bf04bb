namespace Mailroom.Host.Settings;

/// <summary>Variables that a mail service of this kind may have been started with before and that have no meaning here, with what takes their place.</summary>
internal static class DroppedVariables
{
    private static readonly Dictionary<string, string> Fixes = new(StringComparer.Ordinal)
    {
        ["MAIL_REDIS_USERNAME"] = "Unset it: the login to Redis is its default user's, with MAIL_REDIS_PASSWORD",
        ["MAIL_REDIS_TLS_ENABLED"] = "Unset it and set MAILROOM_REDIS_TLS instead",
        ["MAIL_REDIS_ATTEMPT_SCHEDULE_KEY"] = "Unset it: the schedule of attempts is in the database",
        ["MAIL_REDIS_DEAD_LETTER_PREFIX"] = "Unset it: dead letters are in the database",
        ["MAIL_DELIVERY_TTL"] = "Unset it and set MAIL_DELIVERY_RETENTION instead",
        ["MAIL_ATTEMPT_TTL"] = "Unset it: attempts are kept as long as their delivery, which MAIL_DELIVERY_RETENTION sets",
    };

    /// <summary>What to do about a dropped variable; null: it was never one.</summary>
    public static string? FixOf(string name) => Fixes.GetValueOrDefault(name);
}
