using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>EHLO and what it offers (RFC 5321 section 4.1.1.1; SIZE: RFC 1870; 8BITMIME: RFC 6152; SMTPUTF8: RFC 6531; PIPELINING: RFC 2920).</summary>
internal static class EhloCases
{
    private const string Part = "EHLO";

    public static readonly SmtpCase[] All =
    [
        OnlyHelo("answers EHLO with 500", "500 5.5.1 what\r\n"),
        OnlyHelo("answers EHLO with 502", "502 5.5.1 no\r\n"),
        OnlyHelo("answers EHLO with 504", "504 5.5.4 never\r\n"),
        Answers("answers EHLO with 502 and HELO with 550", "502 no\r\n", Rejected, 550) with
        {
            Script = async (server, _) =>
            {
                await server.GreetAsync("502 no\r\n");
                await server.ExpectAsync("HELO client.test\r\n");
                await server.SendAsync("550 5.7.1 not you\r\n");
            },
        },
        Answers("answers EHLO with 421", "421 4.3.2 closing\r\n", Deferred, 421),
        Answers("answers EHLO with 451", "451 4.3.0 later\r\n", Deferred, 451),
        Answers("answers EHLO with 550", "550 5.7.1 not you\r\n", Rejected, 550),
        Answers("answers EHLO with 220", "220 again\r\n", NoSmtp, 220),
        Answers("answers EHLO with several codes in one reply", "250-a\r\n251 b\r\n", NoSmtp),
        Answers("closes after EHLO", "", Lost) with { Then = SmtpThen.ServerCloses },
        Answers("does not answer EHLO", "", TimedOut) with { Stalls = true },
        Takes("offers nothing", "250 test\r\n", "MAIL FROM:<a@example.com>\r\n", pipelined: false),
        Takes("offers SIZE 0, which is no limit", "250-test\r\n250-PIPELINING\r\n250 SIZE 0\r\n", "MAIL FROM:<a@example.com> SIZE=#\r\n"),
        Takes("offers SIZE without a number", "250-test\r\n250-PIPELINING\r\n250 SIZE\r\n", "MAIL FROM:<a@example.com> SIZE=#\r\n"),
        Takes("does not offer PIPELINING", SmtpMatrix.SteppedEhlo, "MAIL FROM:<a@example.com> SIZE=#\r\n", pipelined: false),
        Lacks("offers a SIZE that the mail is above", "250-test\r\n250-PIPELINING\r\n250 SIZE 3000\r\n") with { Text = new string('x', 70) + string.Concat(Enumerable.Repeat("\r\nxxxxxxxx", 500)) },
        Lacks("does not offer SMTPUTF8, and an address is not ASCII left of its @", "250-test\r\n250-8BITMIME\r\n250 PIPELINING\r\n") with { Sender = "jos\u00e9@example.com" },
        Lacks("does not offer 8BITMIME, and the mail as it lies has 8-bit octets", "250-test\r\n250 PIPELINING\r\n") with { Text = "caf\u00e9", ClientOnly = true },
        Lacks("is to be sent a NUL", "250-test\r\n250-8BITMIME\r\n250 PIPELINING\r\n") with { Text = "n\0l", ClientOnly = true },
        new(Part, "does not offer 8BITMIME, and the text is not ASCII: it goes encoded", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
        {
            await server.GreetAsync("250-test\r\n250 PIPELINING\r\n");
            await server.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
            await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            var message = await server.ReadMessageAsync();
            message.ShouldAllBe(octet => octet < 128);
            await server.SendAsync("250 taken\r\n");
        }) { Text = "caf\u00e9", DeliveryOnly = true, Code = 250 },
    ];

    private static SmtpCase Answers(string does, string reply, SmtpEnding ending, int code = 0) =>
        new(Part, does, ending, SmtpPhase.Ehlo, SmtpThen.ClientCloses, server => server.GreetAsync(reply)) { Code = code };

    private static SmtpCase OnlyHelo(string does, string refusal) => new(Part, does, Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await server.GreetAsync(refusal);
        await server.ExpectAsync("HELO client.test\r\n");
        await server.SendAsync("250 hello\r\n");
        (await server.ServeAsync(atMost: 1)).ShouldBe(1);
    }) { Code = 250 };

    private static SmtpCase Takes(string does, string ehlo, string mail, bool pipelined = true) => new(Part, does, Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await server.GreetAsync(ehlo);
        foreach (var (command, reply) in new[] { (mail, "250 ok\r\n"), ("RCPT TO:<b@example.com>\r\n", "250 ok\r\n"), ("DATA\r\n", "354 go\r\n") })
        {
            await server.ExpectAsync(command);
            if (!pipelined)
            {
                server.ShouldBeQuiet();
            }
            await server.SendAsync(reply);
        }
        await server.ReadMessageAsync();
        await server.SendAsync("250 taken\r\n");
    }) { Code = 250 };

    /// <summary>The mail cannot go to this server; the connection never heard of it.</summary>
    private static SmtpCase Lacks(string does, string ehlo) => new(Part, does, Unsupported, SmtpPhase.Mail, SmtpThen.Kept, server => server.GreetAsync(ehlo));
}
