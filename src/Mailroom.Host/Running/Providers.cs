using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Host.Settings;
using Mailroom.Mail.Smtp;
using Mailroom.Providers.Capture;
using Mailroom.Providers.Smtp;
using Mailroom.Providers.Stub;
using SmtpSecurity = Mailroom.Host.Settings.SmtpSecurity;
using SmtpSettings = Mailroom.Host.Settings.SmtpSettings;

namespace Mailroom.Host.Running;

/// <summary>Makes the provider that the settings name.</summary>
internal static class Providers
{
    public static IMailProvider Open(MailroomSettings settings, CapturedMailFolder? captured, TimeProvider clock)
    {
        var ladder = new RetryLadder(settings.Delivery.RetryLadder);
        return settings.Smtp.Mode switch
        {
            SmtpMode.Smtp => new SmtpProvider(Client(settings.Smtp, settings.Delivery.Workers), ladder, clock),
            SmtpMode.Stub => new StubProvider(ladder),
            SmtpMode.Capture => new CaptureProvider(captured!, ladder, clock),
            _ => throw new InvalidOperationException($"Not a mode: {settings.Smtp.Mode}."),
        };
    }

    /// <summary>As many connections as attempts at a time, so that none waits for another; and no step outlasts the whole.</summary>
    private static Mail.Smtp.SmtpSettings Client(SmtpSettings settings, int workers)
    {
        var server = settings.Server!;
        return new Mail.Smtp.SmtpSettings
        {
            Host = server.Host,
            Port = server.Port,
            Security = settings.Security switch
            {
                SmtpSecurity.StartTls => Mail.Smtp.SmtpSecurity.StartTls,
                SmtpSecurity.StartTlsIfOffered => Mail.Smtp.SmtpSecurity.StartTlsIfOffered,
                SmtpSecurity.Tls => Mail.Smtp.SmtpSecurity.ImplicitTls,
                SmtpSecurity.None => Mail.Smtp.SmtpSecurity.None,
                _ => throw new InvalidOperationException($"Not a security: {settings.Security}."),
            },
            HeloName = settings.HeloName,
            Credentials = settings.Login is { } login ? SmtpCredentials.Password(login.Username, login.Password.Reveal()) : null,
            AllowCleartextAuthentication = settings.Security == SmtpSecurity.None,
            InsecureSkipVerify = settings.InsecureSkipVerify,
            MaxConnections = workers,
            MaxMailsPerConnection = settings.Pool.MaxMessages,
            MaxIdle = settings.Pool.IdleTimeout,
            MaxAge = settings.Pool.MaxAge,
            Deadlines = new() { Whole = settings.Timeout },
        };
    }
}
