using System.Net;

namespace Mailroom.Host.Settings;

/// <summary>Reads <see cref="SmtpSettings"/> and checks them against each other.</summary>
internal sealed class SmtpBinder(SettingsTree tree, Profile profile)
{
    private const string Mode = "mailroom.smtp.mode";
    private const string Server = "mailroom.smtp.addr";
    private const string Username = "mailroom.smtp.username";
    private const string Password = "mailroom.smtp.password";
    private const string FromEmail = "mailroom.smtp.from-email";
    private const string Security = "mailroom.smtp.security";
    private const string SkipVerify = "mailroom.smtp.insecure-skip-verify";
    private const string HeloName = "mailroom.smtp.helo-name";

    public SmtpSettings Bind()
    {
        var settings = new SmtpSettings(
            tree.Choice(Mode, ("smtp", SmtpMode.Smtp), ("stub", SmtpMode.Stub), ("capture", SmtpMode.Capture)),
            tree.Server(Server),
            BindLogin(),
            BindFromEmail(),
            Filled(tree.String("mailroom.smtp.from-name")),
            tree.Duration("mailroom.smtp.timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(30)),
            tree.Choice(
                Security,
                ("starttls", SmtpSecurity.StartTls),
                ("starttls-if-offered", SmtpSecurity.StartTlsIfOffered),
                ("tls", SmtpSecurity.Tls),
                ("none", SmtpSecurity.None)),
            tree.Bool(SkipVerify),
            BindHeloName(),
            SmtpPoolSettings.Bind(tree));
        CheckMode(settings);
        return settings;
    }

    private SmtpLogin? BindLogin()
    {
        var username = tree.String(Username);
        var password = tree.Secret(Password);
        if (username.Length > 0 && password is not null)
        {
            return new SmtpLogin(username, password);
        }

        if (tree.AreSound(Username, Password) && (username.Length > 0 || password is not null))
        {
            var (set, missing) = password is null ? (Username, Password) : (Password, Username);
            tree.Refuse(missing, $"{set} is set, and the two go together", $"Set {tree.VariableOf(missing)} too, or remove {tree.VariableOf(set)}");
        }

        return null;
    }

    private string? BindFromEmail()
    {
        var address = tree.String(FromEmail);
        if (address.Length == 0 || IsMailbox(address))
        {
            return Filled(address);
        }

        tree.Refuse(FromEmail, "it is no mail address", $"Set {tree.VariableOf(FromEmail)} to local-part@domain; a name goes into mailroom.smtp.from-name");
        return null;
    }

    private string? BindHeloName()
    {
        var name = tree.String(HeloName);
        if (name.Length == 0 || HostPort.IsHostName(name) || IsAddressLiteral(name))
        {
            return Filled(name);
        }

        tree.Refuse(HeloName, "it is no host name", $"Set {tree.VariableOf(HeloName)} to a name such as mail.example.com, or an address in brackets such as [192.0.2.1]");
        return null;
    }

    private void CheckMode(SmtpSettings settings)
    {
        if (!tree.AreSound(Mode))
        {
            return;
        }

        if (settings.Mode == SmtpMode.Smtp)
        {
            Require(Server, settings.Server, HostPort.Form);
            Require(FromEmail, settings.FromEmail, "the sender's address, such as mail@example.com");
            WarnOfOpenDoors(settings);
        }
        else if (profile == Profile.Production)
        {
            tree.Warn(Mode, "no mail leaves in this mode", $"Set {tree.VariableOf(Mode)} to smtp");
        }
    }

    private void Require(string key, object? value, string form)
    {
        if (value is null)
        {
            tree.Refuse(key, "mode smtp needs it", $"Set {tree.VariableOf(key)} to {form}");
        }
    }

    private void WarnOfOpenDoors(SmtpSettings settings)
    {
        if (settings.InsecureSkipVerify)
        {
            tree.Warn(SkipVerify, "any certificate of the SMTP server is accepted", $"Unset {tree.VariableOf(SkipVerify)} outside tests");
        }

        if (settings is { Login: not null, Security: SmtpSecurity.None or SmtpSecurity.StartTlsIfOffered })
        {
            tree.Warn(Security, "the SMTP password may travel in plain text", $"Set {tree.VariableOf(Security)} to starttls or tls");
        }
    }

    /// <summary>What an envelope can carry (RFC 5321 section 4.5.3.1): a coarse check, the composer has the exact one.</summary>
    private static bool IsMailbox(string address)
    {
        var at = address.LastIndexOf('@');
        return at is > 0 and <= 64
            && address.Length <= 254
            && !address.AsSpan(0, at).ContainsAny(" <>()[],;:\\\"@")
            && HostPort.IsHostName(address[(at + 1)..]);
    }

    private static bool IsAddressLiteral(string name) =>
        name is ['[', .. var inner, ']']
        && IPAddress.TryParse(inner.StartsWith("IPv6:", StringComparison.Ordinal) ? inner[5..] : inner, out _);

    private static string? Filled(string text) => text.Length > 0 ? text : null;
}
