using System.Text;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>AUTH (RFC 4954).</summary>
internal static class AuthCases
{
    private const string Part = "AUTH";
    private static readonly string Plain = $"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes("\0user\0secret"))}\r\n";

    public static readonly SmtpCase[] All =
    [
        Answers("answers AUTH with 535", "535 5.7.8 wrong user or password\r\n", NoLogin, 535),
        Answers("answers AUTH with 535 and closes", "535 5.7.8 wrong user or password\r\n", NoLogin, 535) with { Then = SmtpThen.ServerCloses },
        Answers("answers AUTH with 538", "538 5.7.11 encrypt first\r\n", NoLogin, 538),
        Answers("answers AUTH with 454", "454 4.7.0 temporary authentication failure\r\n", LoginDeferred, 454),
        Answers("answers AUTH with 454 for too many logins", "454 4.7.0 too many login attempts\r\n", LoginThrottled, 454) with
        {
            Waits = TimeSpan.FromSeconds(30), SlowsOrg = TimeSpan.FromSeconds(5),
        },
        Answers("answers AUTH with 432", "432 4.7.12 change the password\r\n", LoginDeferred, 432),
        Answers("answers AUTH with 421", "421 4.3.2 closing\r\n", Deferred, 421),
        Answers("answers AUTH with a 334 that its mechanism does not have", "334 more?\r\n", NoSmtp, 334),
        Answers("closes in AUTH", "", Lost) with { Then = SmtpThen.ServerCloses },
        Answers("does not answer AUTH", "", TimedOut) with { Stalls = true },
        new(Part, "sends a challenge that is no base64", NoSmtp, SmtpPhase.Auth, SmtpThen.ClientCloses, async server =>
        {
            await server.GreetAsync(Offer("CRAM-MD5"));
            await server.ExpectAsync("AUTH CRAM-MD5\r\n");
            await server.SendAsync("334 !!!\r\n");
            await server.ExpectAsync("*\r\n");
            await server.SendAsync("501 5.5.2 canceled\r\n");
        }) { With = Login, Opening = OpenAsync },
        Offers("offers no mechanism that this client speaks", Offer("GSSAPI NTLM")),
        Offers("does not offer AUTH", ScriptedSession.PipeliningEhlo),
        Offers("offers PLAIN where no TLS protects it", Offer("PLAIN LOGIN")) with { With = settings => Login(settings) with { AllowCleartextAuthentication = false }, Opening = OpenWithoutSecretAsync },
        new(Part, "offers AUTH only after TLS", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
        {
            await OpenAfterTlsAsync(server);
            (await server.ServeAsync(atMost: 1)).ShouldBe(1);
        }) { Code = 250, With = LoginAfterTls },
        Wants("answers MAIL with 530", "530 5.7.0 authentication required\r\n", 530),
        Wants("answers MAIL with 535", "535 5.7.8 log in again\r\n", 535),
    ];

    private static string Offer(string mechanisms) => $"250-test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 AUTH {mechanisms}\r\n";

    private static SmtpSettings Login(SmtpSettings settings) => settings with
    {
        Credentials = SmtpCredentials.Password("user", "secret"),
        AllowCleartextAuthentication = true,
    };

    private static SmtpSettings LoginAfterTls(SmtpSettings settings) => settings with
    {
        Host = "localhost",
        Security = SmtpSecurity.StartTls,
        TrustedRoots = TestCertificates.Roots,
        Credentials = SmtpCredentials.Password("user", "secret"),
    };

    private static async Task OpenAsync(ScriptedSession server)
    {
        await server.GreetAsync(Offer("PLAIN LOGIN"));
        await server.ExpectAsync(Plain);
        await server.SendAsync("235 2.7.0 welcome\r\n");
    }

    /// <summary>CRAM-MD5 shows no secret, so it may run in the clear.</summary>
    private static async Task OpenWithoutSecretAsync(ScriptedSession server)
    {
        await server.GreetAsync(Offer("PLAIN CRAM-MD5"));
        await server.ExpectAsync("AUTH CRAM-MD5\r\n");
        await server.SendAsync("334 PDFAdGVzdD4=\r\n");
        await server.ReadLineAsync();
        await server.SendAsync("235 2.7.0 welcome\r\n");
    }

    private static async Task OpenAfterTlsAsync(ScriptedSession server)
    {
        await server.GreetAsync("250-test\r\n250 STARTTLS\r\n");
        await server.ExpectAsync("STARTTLS\r\n");
        await server.SendAsync("220 go\r\n");
        await server.StartTlsAsync(TestCertificates.Good);
        await server.ExpectAsync("EHLO client.test\r\n");
        await server.SendAsync(Offer("PLAIN LOGIN"));
        await server.ExpectAsync(Plain);
        await server.SendAsync("235 2.7.0 welcome\r\n");
    }

    private static SmtpCase Answers(string does, string reply, SmtpEnding ending, int code = 0) => new(Part, does, ending, SmtpPhase.Auth, SmtpThen.ClientCloses, async server =>
    {
        await server.GreetAsync(Offer("PLAIN LOGIN"));
        await server.ExpectAsync(Plain);
        await server.SendAsync(reply);
    }) { Code = code, With = Login, Opening = OpenAsync };

    private static SmtpCase Offers(string does, string ehlo) =>
        new(Part, does, NoLogin, SmtpPhase.Auth, SmtpThen.ClientCloses, server => server.GreetAsync(ehlo)) { With = Login, Opening = OpenAsync };

    /// <summary>Says at MAIL that it wants a login: the connection is as good as before.</summary>
    private static SmtpCase Wants(string does, string reply, int code) => new(Part, does, NoLogin, SmtpPhase.Mail, SmtpThen.Kept, async server =>
        await SmtpMatrix.EnvelopeAsync(server, reply + "503 5.5.1 no\r\n503 5.5.1 no\r\n")) { Code = code };
}
