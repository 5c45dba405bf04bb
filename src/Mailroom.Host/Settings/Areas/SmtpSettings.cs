using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Settings;

public enum SmtpMode
{
    /// <summary>Mail goes to the next hop.</summary>
    Smtp,

    /// <summary>Every mail ends suppressed.</summary>
    Stub,

    /// <summary>Mail is kept and shown, never sent.</summary>
    Capture,
}

public enum SmtpSecurity
{
    /// <summary>STARTTLS is required (RFC 3207).</summary>
    StartTls,

    /// <summary>STARTTLS where the server offers it, otherwise plain text.</summary>
    StartTlsIfOffered,

    /// <summary>TLS from the first byte (RFC 8314 section 3.3).</summary>
    Tls,

    /// <summary>Plain text.</summary>
    None,
}

/// <param name="Mode">Where mail goes.</param>
/// <param name="Server">The next hop; never null where <see cref="Mode"/> is <see cref="SmtpMode.Smtp"/>.</param>
/// <param name="Login">Null where the server asks for none.</param>
/// <param name="FromEmail">The sender where a mail names none; never null where <see cref="Mode"/> is <see cref="SmtpMode.Smtp"/>.</param>
/// <param name="FromName">Null where not set.</param>
/// <param name="Timeout">Longest time for one attempt.</param>
/// <param name="Security">How the connection is encrypted.</param>
/// <param name="InsecureSkipVerify">Any certificate is accepted.</param>
/// <param name="HeloName">What EHLO says (RFC 5321 section 4.1.1.1); null for the machine's name.</param>
/// <param name="Pool">How long connections are kept.</param>
public sealed record SmtpSettings(
    SmtpMode Mode,
    HostPort? Server,
    SmtpLogin? Login,
    string? FromEmail,
    string? FromName,
    TimeSpan Timeout,
    SmtpSecurity Security,
    bool InsecureSkipVerify,
    string? HeloName,
    SmtpPoolSettings Pool)
{
    /// <summary>Who writes where nobody is named. Only mail that never leaves goes without a setting.</summary>
    public Mailbox Sender => new(FromEmail ?? "mailroom@mailroom.test", FromName);
}

public sealed record SmtpLogin(string Username, Secret Password);

/// <param name="IdleTimeout">Time that a connection may wait for the next mail.</param>
/// <param name="MaxAge">Age at which a connection is closed after its mail.</param>
/// <param name="MaxMessages">Mails on one connection.</param>
public sealed record SmtpPoolSettings(TimeSpan IdleTimeout, TimeSpan MaxAge, int MaxMessages)
{
    internal static SmtpPoolSettings Bind(SettingsTree tree)
    {
        const string Prefix = "mailroom.smtp.pool.";
        var settings = new SmtpPoolSettings(
            tree.Duration(Prefix + "idle-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            tree.Duration(Prefix + "max-age", TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)),
            tree.Int(Prefix + "max-messages", 1, 100_000));
        if (tree.AreSound(Prefix + "idle-timeout", Prefix + "max-age") && settings.IdleTimeout > settings.MaxAge)
        {
            tree.Refuse(Prefix + "idle-timeout", "a connection would idle longer than it may live", $"Set it to at most {Prefix}max-age");
        }

        return settings;
    }
}
