using Mailroom.Host.Settings;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Starts with an environment and an operator's file.</summary>
internal static class Start
{
    /// <summary>32 bytes.</summary>
    public const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// <summary>What the production profile needs.</summary>
    public const string Production =
        $"MAILROOM_PROFILE=production ENCRYPTION_KEY={Key} MAIL_POSTGRES_PRIMARY_DSN=postgres://u:p@db/mail MAIL_REDIS_MASTER_ADDR=redis:6379 MAIL_REDIS_PASSWORD=p "
        + "MAIL_SMTP_ADDR=mx:25 MAIL_SMTP_FROM_EMAIL=a@example.com MAILROOM_INTERNAL_TOKEN=t";

    /// <param name="environment">NAME=value pairs, separated by blanks.</param>
    public static SettingsOutcome With(string environment) => With(Variables(environment));

    public static SettingsOutcome With(IReadOnlyDictionary<string, string> environment) =>
        SettingsLoader.Load(new SettingsSources(environment));

    /// <summary>The file's name in messages is my.conf.</summary>
    public static SettingsOutcome WithFile(string text, string environment = "")
    {
        var directory = Directory.CreateTempSubdirectory("mailroom-settings-");
        try
        {
            var file = Path.Combine(directory.FullName, "my.conf");
            File.WriteAllText(file, text);
            var outcome = SettingsLoader.Load(new SettingsSources(Variables(environment), file));
            return outcome with
            {
                Errors = outcome.Errors.Select(error => error with { Subject = error.Subject.Replace(file, "my.conf", StringComparison.Ordinal) }).ToList(),
            };
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public static MailroomSettings Sound(SettingsOutcome outcome)
    {
        outcome.Errors.ShouldBeEmpty();
        return outcome.Settings.ShouldNotBeNull();
    }

    public static Dictionary<string, string> Variables(string pairs) => pairs
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
