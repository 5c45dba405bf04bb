using System.Globalization;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;
using static Mailroom.Mail.Kit.Matrix.SmtpMatrix;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>MAIL, RCPT and DATA up to the message (RFC 5321 section 3.3; pipelined: RFC 2920).</summary>
internal static class EnvelopeCases
{
    private const string Part = "MAIL and RCPT";
    private static readonly SmtpPhase[] Steps = [SmtpPhase.Mail, SmtpPhase.Rcpt, SmtpPhase.Data];

    public static readonly SmtpCase[] All =
    [
        .. from step in Steps from code in new[] { 450, 451, 452, 550, 552, 553, 554 } select Refuses(step, code),
        .. from step in Steps from code in new[] { 451, 550 } select RefusesInSteps(step, code),
        .. from step in Steps from code in new[] { 550, 554 } from resets in new[] { false, true } select RefusesAndGoes(step, code, resets),
        .. from step in Steps select Loses(step),
        .. from step in Steps select Stalls(step),
        .. from step in Steps select Closes(step),
        Answers("answers RCPT with 450, greylisted for 300 seconds", "250 ok\r\n450 4.2.0 greylisted, try again in 300 seconds\r\n503 none\r\n", Throttled, SmtpPhase.Rcpt, 450) with
        {
            Waits = TimeSpan.FromMinutes(5),
        },
        Answers("answers MAIL with 421 for the rate", "421 4.7.0 rate limit exceeded\r\n", Throttled, SmtpPhase.Mail, 421) with
        {
            Then = SmtpThen.ClientCloses, Waits = TimeSpan.FromSeconds(30), SlowsOrg = TimeSpan.FromSeconds(5),
        },
        Answers("answers RCPT with 550, the recipient is on its suppression list", "250 ok\r\n550 5.7.1 recipient is on the suppression list\r\n503 none\r\n", Suppressed, SmtpPhase.Rcpt, 550),
        Three("takes the first recipient and answers the others with 452", "250 ok\r\n250 ok\r\n452 4.5.3 too many\r\n452 4.5.3 too many\r\n", PartlyWaits, "sent pending pending"),
        Three("takes the first recipient and answers the others with 552, too many recipients", "250 ok\r\n250 ok\r\n552 too many recipients\r\n552 5.5.3 no more\r\n", PartlyWaits, "sent pending pending"),
        Three("takes one recipient, puts one off and refuses one", "250 ok\r\n250 ok\r\n451 4.3.0 later\r\n550 5.1.1 unknown\r\n", PartlyWaits, "sent pending failed"),
        Three("takes one recipient and refuses two", "250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n552 5.2.2 mailbox full\r\n", PartlySent, "failed sent failed"),
        Three("takes one recipient and has two on its suppression list", "250 ok\r\n250 ok\r\n550 5.7.1 suppressed\r\n550 5.7.1 suppressed\r\n", PartlySent, "sent suppressed suppressed"),
        None("puts one recipient off and refuses two", "250 ok\r\n550 5.1.1 unknown\r\n450 4.2.1 busy\r\n550 5.1.1 unknown\r\n503 none\r\n", Deferred, 450) with { Each = "failed pending failed" },
        None("refuses every recipient, each in its own way", "250 ok\r\n551 5.1.6 moved\r\n550 5.1.1 unknown\r\n553 5.1.3 bad\r\n503 none\r\n", Rejected, 551),
        None("refuses one recipient and closes with 421", "250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n421 4.3.2 closing\r\n", Deferred, 421) with
        {
            Then = SmtpThen.ClientCloses, Each = "pending failed pending",
        },
        EmptyData("answers DATA with 354 though it took no recipient", "250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n", "554 5.5.1 no recipients\r\n", SmtpPhase.Rcpt),
        EmptyData("answers DATA with 354 though it took no recipient, and the lone dot with 250", "250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n", "250 2.0.0 taken\r\n", SmtpPhase.Rcpt),
        EmptyData("answers DATA with 354 though it refused MAIL", "550 5.7.1 blocked\r\n503 no\r\n354 go\r\n", "554 5.5.1 no\r\n", SmtpPhase.Mail) with { Then = SmtpThen.Kept },
    ];

    private static string Name(SmtpPhase step) => step == SmtpPhase.Mail ? "MAIL" : step == SmtpPhase.Rcpt ? "RCPT" : "DATA";

    private static string[] Taken(SmtpPhase step) => Enumerable.Repeat("250 ok\r\n", Array.IndexOf(Steps, step)).ToArray();

    private static SmtpEnding EndingOf(int code) => code < 500 ? Deferred : Rejected;

    private static SmtpThen ThenOf(SmtpPhase step) => step == SmtpPhase.Mail ? SmtpThen.Kept : SmtpThen.KeptAfterReset;

    private static string Reply(int code) => string.Create(CultureInfo.InvariantCulture, $"{code} {code / 100}.3.0 no\r\n");

    private static SmtpCase Answers(string does, string replies, SmtpEnding ending, SmtpPhase step, int code) =>
        new(Part, does, ending, step, ThenOf(step), server => EnvelopeAsync(server, replies)) { Code = code };

    private static SmtpCase Refuses(SmtpPhase step, int code) => Answers(
        $"answers {Name(step)} with {code}",
        string.Concat([.. Taken(step), Reply(code), .. Enumerable.Repeat("503 5.5.1 no\r\n", 2 - Array.IndexOf(Steps, step))]),
        EndingOf(code), step, code);

    private static SmtpCase RefusesInSteps(SmtpPhase step, int code) => new(
        Part, $"answers {Name(step)} with {code}, asked step by step", EndingOf(code), step, ThenOf(step), server => SteppedAsync(server, [.. Taken(step), Reply(code)])) { Code = code };

    /// <summary>As outlook.com and icloud.com do: the reply, and the end of the connection with commands unread, which TCP makes a reset of. In one packet: a reset throws away what the server's own side has not sent yet.</summary>
    private static SmtpCase RefusesAndGoes(SmtpPhase step, int code, bool resets) => new(
        Part, $"answers {Name(step)} with {code} and {(resets ? "resets" : "closes")} the connection, with later commands unread", Rejected, step, SmtpThen.ServerCloses, async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync("MAIL FROM:<a@example.com> SIZE=#\r\n");
            await server.SendAsync(string.Concat([.. Taken(step), Reply(code)]));
            await (resets ? server.ResetAsync() : server.CloseAsync());
        }) { Code = code, OnePacket = true };

    private static SmtpCase Loses(SmtpPhase step) => new(
        Part, $"closes without an answer to {Name(step)}", Lost, step, SmtpThen.ServerCloses, server => EnvelopeAsync(server, string.Concat(Taken(step))));

    private static SmtpCase Stalls(SmtpPhase step) => new(
        Part, $"does not answer {Name(step)}", TimedOut, step, SmtpThen.ClientCloses, server => EnvelopeAsync(server, string.Concat(Taken(step)))) { Stalls = true };

    private static SmtpCase Closes(SmtpPhase step) => new(
        Part, $"answers {Name(step)} with 421", Deferred, step, SmtpThen.ClientCloses, server => EnvelopeAsync(server, string.Concat([.. Taken(step), "421 4.3.2 closing\r\n"]))) { Code = 421 };

    private static SmtpCase Three(string does, string replies, SmtpEnding ending, string each) => new(Part, does, ending, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await server.GreetAsync();
        await server.ExpectAsync(ThreeRecipients);
        await server.SendAsync(replies + "354 go\r\n");
        await server.ReadMessageAsync();
        await server.SendAsync("250 2.0.0 taken\r\n");
    }) { Code = 250, Recipients = 3, Each = each };

    private static SmtpCase None(string does, string replies, SmtpEnding ending, int code) => new(Part, does, ending, SmtpPhase.Rcpt, SmtpThen.KeptAfterReset, async server =>
    {
        await server.GreetAsync();
        await server.ExpectAsync(ThreeRecipients);
        await server.SendAsync(replies);
    }) { Code = code, Recipients = 3 };

    private static SmtpCase EmptyData(string does, string replies, string afterDot, SmtpPhase step) => new(Part, does, Rejected, step, SmtpThen.KeptAfterReset, async server =>
    {
        await EnvelopeAsync(server, replies);
        await server.ExpectAsync(".\r\n");
        await server.SendAsync(afterDot);
    }) { Code = 550 };
}
