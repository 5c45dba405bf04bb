using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>STARTTLS where it is required (RFC 3207).</summary>
internal static class StartTlsCases
{
    private const string Part = "STARTTLS";
    private const string OffersTls = "250-test\r\n250-PIPELINING\r\n250-SIZE 5\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n";

    /// <summary>A ServerHello of TLS 1.0: its record and its body both say 3.1.</summary>
    private const string Tls10 = "\u0016\u0003\u0001\0\u002a\u0002\0\0\u0026\u0003\u0001xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0\0\u002f\0";

    public static readonly SmtpCase[] All =
    [
        new(Part, "does not offer STARTTLS, which is required", NoStartTls, SmtpPhase.StartTls, SmtpThen.ClientCloses, server => server.GreetAsync()) { With = Tls, Opening = OpenAsync },
        Answers("refuses STARTTLS with 454", "454 4.7.0 not now\r\n", NoStartTls, 454),
        Answers("refuses STARTTLS with 501", "501 5.5.4 no\r\n", NoStartTls, 501),
        Answers("answers STARTTLS with 421", "421 4.3.2 closing\r\n", Deferred, 421),
        Answers("answers STARTTLS with 354", "354 what\r\n", NoSmtp, 354),
        Answers("closes after STARTTLS", "", Lost) with { Then = SmtpThen.ServerCloses },
        Answers("does not answer STARTTLS", "", TimedOut) with { Stalls = true },
        Answers("sends plain text behind its 220, in the same packet", "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n", NoSmtp) with { OnePacket = true },
        Shakes("is silent after its 220", "", TimedOut) with { Stalls = true },
        Shakes("answers the handshake with plain text", "500 what is this\r\n", NoTls),
        Shakes("speaks TLS 1.0 only", Tls10, NoTls),
        Shakes("breaks the handshake off with an alert", "\u0015\u0003\u0001\0\u0002\u0002F", NoTls),
        Shakes("closes in the handshake", "", NoTls) with { Then = SmtpThen.ServerCloses },
        Shows("shows a certificate that has expired", TestCertificates.Expired),
        Shows("shows a certificate for another host", TestCertificates.OtherHost),
        Shows("shows a certificate that it signed itself", TestCertificates.SelfSigned),
        UnderTls("offers other things after the handshake: only those count", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
        {
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await server.ReadMessageAsync();
            await server.SendAsync("250 taken\r\n");
        }) with { Code = 250 },
        WithinLarge("ends TLS and closes in the middle of the message", Lost, SmtpThen.ServerCloses),
        WithinLarge("ends TLS in the middle of the message and keeps the connection open", TimedOut, SmtpThen.ClientCloses) with { Stalls = true, Drains = true },
        UnderTls("ends TLS after the final dot, without a reply", Uncertain, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
        {
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await server.ReadMessageAsync();
            await server.CloseNotifyAsync();
        }),
    ];

    private static SmtpSettings Tls(SmtpSettings settings) => settings with
    {
        Host = "localhost",
        Security = SmtpSecurity.StartTls,
        TrustedRoots = TestCertificates.Roots,
    };

    private static async Task AskAsync(ScriptedSession server, string reply)
    {
        await server.GreetAsync(OffersTls);
        await server.ExpectAsync("STARTTLS\r\n");
        await server.SendAsync(reply);
    }

    private static Task OpenAsync(ScriptedSession server) => OpenAsync(server, ScriptedSession.PipeliningEhlo);

    private static async Task OpenAsync(ScriptedSession server, string ehlo)
    {
        await AskAsync(server, "220 go\r\n");
        await server.StartTlsAsync(TestCertificates.Good);
        await server.ExpectAsync("EHLO client.test\r\n");
        await server.SendAsync(ehlo);
    }

    private static SmtpCase Answers(string does, string reply, SmtpEnding ending, int code = 0) =>
        new(Part, does, ending, SmtpPhase.StartTls, SmtpThen.ClientCloses, server => AskAsync(server, reply)) { Code = code, With = Tls, Opening = OpenAsync };

    private static SmtpCase Shakes(string does, string answer, SmtpEnding ending) => new(Part, does, ending, SmtpPhase.Tls, SmtpThen.ClientCloses, async server =>
    {
        await AskAsync(server, "220 go\r\n");
        await server.ReadAsync(5);
        await server.TrySendAsync(answer);
    }) { Drains = true, With = Tls, Opening = OpenAsync };

    private static SmtpCase Shows(string does, X509Certificate2 certificate) => new(Part, does, NoTls, SmtpPhase.Tls, SmtpThen.ServerCloses, async server =>
    {
        await AskAsync(server, "220 go\r\n");
        try
        {
            await server.StartTlsAsync(certificate);
            await server.DrainAsync();
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            // Whether the server hears of the refusal within the handshake or after it depends on the version of TLS.
            return;
        }
    }) { With = Tls, Opening = OpenAsync };

    private static SmtpCase UnderTls(string does, SmtpEnding ending, SmtpPhase phase, SmtpThen then, Func<ScriptedSession, Task> script) => new(Part, does, ending, phase, then, async server =>
    {
        await OpenAsync(server);
        await script(server);
    }) { With = Tls, Opening = OpenAsync };

    private static SmtpCase WithinLarge(string does, SmtpEnding ending, SmtpThen then) => new(Part, does, ending, SmtpPhase.Message, then, async server =>
    {
        await OpenAsync(server, "250-test\r\n250 PIPELINING\r\n");
        await server.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
        await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
        await server.ReadAsync(50_000);
        await server.CloseNotifyAsync();
    }) { Text = DataCases.Large, With = Tls, Opening = OpenAsync };
}
