using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;
using static Mailroom.Mail.Kit.Matrix.SmtpMatrix;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>One reply too many or too few at each step: which reply answers what is no longer known, so the connection must never carry another mail.</summary>
internal static class StepCases
{
    private const string Part = "replies out of step";

    public static readonly SmtpCase[] All =
    [
        new(Part, "greets twice", NoSmtp, SmtpPhase.Ehlo, SmtpThen.ClientCloses, async server =>
        {
            await server.SendAsync("220 test\r\n220 test\r\n");
            await server.ExpectAsync("EHLO client.test\r\n");
        }) { Code = 220 },
        // In packets of their own the second answer is MAIL's as far as anybody can tell; DATA then gets RCPT's, which is none.
        new(Part, "answers EHLO twice", NoSmtp, SmtpPhase.Ehlo, SmtpThen.ClientCloses, server => server.GreetAsync("250 test\r\n250 test\r\n")) { OnePacket = true },
        TooMany("answers MAIL twice", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", SmtpPhase.Data, 250),
        TooMany("answers RCPT twice", "250 ok\r\n250 ok\r\n250 again\r\n354 go\r\n", SmtpPhase.Data, 250),
        TooMany("answers DATA with 354 and 250 in one packet", "250 ok\r\n250 ok\r\n354 go\r\n250 what\r\n", SmtpPhase.Message, 250) with { OnePacket = true },
        TooMany("leaves MAIL unanswered and goes on", "250 ok\r\n354 go\r\n", SmtpPhase.Rcpt, 354),
        TooMany("answers MAIL with 354", "354 go\r\n", SmtpPhase.Mail, 354),
        TooMany("answers RCPT with no SMTP", "250 ok\r\nwhat?\r\n", SmtpPhase.Rcpt, 0),
        new(Part, "answers MAIL twice, refuses one of three recipients, and takes DATA", NoSmtp, SmtpPhase.Data, SmtpThen.ClientCloses, async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ThreeRecipients);
            await server.SendAsync("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n");
        }) { Code = 550, Recipients = 3, OnePacket = true },
        new(Part, "answers MAIL twice, asked step by step", NoSmtp, SmtpPhase.Rcpt, SmtpThen.ClientCloses, async server =>
        {
            await server.GreetAsync(SteppedEhlo);
            await server.ExpectAsync("MAIL FROM:<a@example.com> SIZE=#\r\n");
            await server.SendAsync("250 ok\r\n250 ok\r\n");
        }) { Code = 250, OnePacket = true },
        new(Part, "answers RCPT twice, asked step by step", NoSmtp, SmtpPhase.Data, SmtpThen.ClientCloses, async server =>
        {
            await SteppedAsync(server, "250 ok\r\n");
            await server.SendAsync("250 ok\r\n250 ok\r\n");
        }) { Code = 250, OnePacket = true },
        new(Part, "answers the final dot twice in one packet", Accepted, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "250 taken\r\n250 taken\r\n")) { Code = 250, OnePacket = true },
        new(Part, "refuses the envelope and says one reply more", Rejected, SmtpPhase.Rcpt, SmtpThen.ClientCloses, server =>
            EnvelopeAsync(server, "250 ok\r\n550 5.1.1 unknown\r\n503 none\r\n250 what\r\n")) { Code = 550, OnePacket = true },
        new(Part, "refuses DATA for good and says goodbye with 421 in one packet", Rejected, SmtpPhase.Data, SmtpThen.ClientCloses, server =>
            EnvelopeAsync(server, "250 ok\r\n250 ok\r\n554 5.7.1 spam\r\n421 4.3.2 closing\r\n")) { Code = 554, OnePacket = true },
    ];

    private static SmtpCase TooMany(string does, string replies, SmtpPhase phase, int code) =>
        new(Part, does, NoSmtp, phase, SmtpThen.ClientCloses, server => EnvelopeAsync(server, replies)) { Code = code };
}
