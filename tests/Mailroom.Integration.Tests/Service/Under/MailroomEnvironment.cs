using System.Globalization;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>The environment of a process under test: nothing but variables, as in production.</summary>
internal static class MailroomEnvironment
{
    /// <summary>The base64 of 32 bytes.</summary>
    public const string EncryptionKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// <summary>What makes a process one of production.</summary>
    public static readonly (string Name, string Value)[] Production =
        [("MAILROOM_PROFILE", "production"), ("ENCRYPTION_KEY", EncryptionKey), ("MAILROOM_LOG_FORMAT", "text"), .. Redis()];

    /// <summary>The folder of Mailroom.sln.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>A service that sends by SMTP to a port of this machine, listens on ports that the system chooses, and says in its log which.</summary>
    /// <param name="store">Where it keeps its mail.</param>
    /// <param name="smtpPort">The next hop.</param>
    /// <param name="more">Over all others. An empty value counts as absent.</param>
    public static Dictionary<string, string?> Of(TestStore store, int smtpPort, params IEnumerable<(string Name, string Value)> more)
    {
        (string Name, string Value)[] usual =
        [
            ("MAILROOM_PROFILE", "dev"),
            ("MAILROOM_DATA_DIR", store.DataFolder),
            ("MAILROOM_PUBLIC_HTTP_ADDR", "127.0.0.1:0"),
            ("MAIL_INTERNAL_HTTP_ADDR", "127.0.0.1:0"),
            ("MAIL_SMTP_MODE", "smtp"),
            ("MAIL_SMTP_ADDR", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{smtpPort}")),
            ("MAIL_SMTP_FROM_EMAIL", "noreply@example.com"),
            ("MAILROOM_SMTP_SECURITY", "none"),
            ("MAIL_TEMPLATE_DIR", Path.Combine(Checkout, "templates")),
        ];
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in usual.Concat(store.Settings).Concat(more))
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>The Redis that ./test started; without one a process of production says that it needs it.</summary>
    public static (string Name, string Value)[] Redis() =>
    [
        ("MAIL_REDIS_MASTER_ADDR", Environment.GetEnvironmentVariable("MAILROOM_TEST_REDIS") ?? ""),
        ("MAIL_REDIS_PASSWORD", Environment.GetEnvironmentVariable("MAILROOM_TEST_REDIS_PASSWORD") ?? ""),
    ];

    private static string FindCheckout()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Mailroom.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("These tests run from inside a checkout.");
    }
}
