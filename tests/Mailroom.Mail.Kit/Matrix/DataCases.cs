using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;
using static Mailroom.Mail.Kit.Matrix.SmtpMatrix;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>The message, its final dot and the reply to it (RFC 5321 sections 3.3, 4.1.1.4 and 6.1).</summary>
internal static class DataCases
{
    private const string Part = "DATA";

    /// <summary>More than both sides' buffers hold.</summary>
    public static readonly string Large = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 200_000));

    public static readonly SmtpCase[] All =
    [
        Take(_ => { }),
        new(Part, "closes behind its 354", Lost, SmtpPhase.Message, SmtpThen.ServerCloses, async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAndFinishAsync("250 ok\r\n250 ok\r\n354 go\r\n");
            await server.UntilClosedAsync();
        }),
        Within("resets the connection in the middle of a large message", Lost, 0, server => server.ResetAsync().AsTask()) with { Then = SmtpThen.ServerCloses },
        Within("stops reading in the middle of a large message", TimedOut, 0, _ => Task.CompletedTask) with { Stalls = true },
        Within("answers 552 in the middle of a large message", Rejected, 552, server => server.SendAsync("552 5.3.4 too big\r\n")),
        Within("answers 451 in the middle of a large message", Deferred, 451, server => server.SendAsync("451 4.3.0 no\r\n")),
        Within("answers 421 in the middle of a large message", Deferred, 421, server => server.SendAsync("421 4.3.2 closing\r\n")),
        Early("answers 354 and 552 in one packet", "552 5.3.4 no\r\n", Rejected, 552),
        Early("answers 354 and 451 in one packet", "451 4.3.0 no\r\n", Deferred, 451),
        Early("answers 354 and 421 in one packet", "421 4.3.2 closing\r\n", Deferred, 421),
        Silent("does not answer the final dot"),
        Silent("answers the final dot with 250 when the client has given up") with { TooLate = "250 2.0.0 taken\r\n" },
        new(Part, "reads no more after its 354, of a small message", Uncertain, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => EnvelopeAsync(server)) { Stalls = true, Drains = true },
        Ends("closes without an answer to the final dot", "", server => Task.CompletedTask),
        Ends("resets the connection without an answer to the final dot", "", server => server.ResetAsync().AsTask()),
        Ends("closes in the middle of its answer to the final dot", "250 2.0.0 tak", server => Task.CompletedTask),
        new(Part, "answers the final dot with no SMTP", Uncertain, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "what?\r\n")),
        new(Part, "answers the final dot with 354", Uncertain, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "354 more\r\n")) { Code = 354 },
        new(Part, "answers the final dot with two codes in one reply", Uncertain, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "250-a\r\n251 b\r\n")),
        new(Part, "takes the message and resets the connection", Accepted, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
        {
            await MessageAsync(server, "250 2.0.0 taken\r\n");
            await server.ResetAsync();
        }) { Code = 250 },
        new(Part, "takes the message and says 421 in one packet", Accepted, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "250 taken\r\n421 4.3.2 closing\r\n"))
        {
            Code = 250, OnePacket = true,
        },
        new(Part, "answers the final dot with 421", Deferred, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "421 4.3.2 going down\r\n")) { Code = 421 },
        Answers(451, Deferred),
        Answers(452, Deferred),
        Answers(552, Rejected),
        Answers(554, Rejected),
        new(Part, "answers the final dot with 554, blocked by policy of the recipient", Suppressed, SmtpPhase.FinalDot, SmtpThen.Kept, server =>
            MessageAsync(server, "554 5.7.1 blocked by policy\r\n")) { Code = 554 },
        new(Part, "answers the final dot with 454, sending rate exceeded (Amazon SES)", Throttled, SmtpPhase.FinalDot, SmtpThen.Kept, server =>
            MessageAsync(server, "454 Throttling failure: Maximum sending rate exceeded.\r\n"))
        {
            Code = 454, Waits = TimeSpan.FromSeconds(30), SlowsOrg = TimeSpan.FromSeconds(5),
        },
        new(Part, "takes some recipients and never answers the final dot", Uncertain, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
        {
            await server.GreetAsync();
            await server.ExpectAsync(ThreeRecipients);
            await server.SendAsync("250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n451 4.3.0 later\r\n354 go\r\n");
            await server.ReadMessageAsync();
        }) { Recipients = 3, Each = "failed uncertain pending" },
    ];

    private static SmtpCase Answers(int code, SmtpEnding ending) =>
        new(Part, $"answers the final dot with {code}", ending, SmtpPhase.FinalDot, SmtpThen.Kept, server => MessageAsync(server, $"{code} {code / 100}.3.0 no\r\n")) { Code = code };

    private static SmtpCase Within(string does, SmtpEnding ending, int code, Func<ScriptedSession, Task> then) => new(Part, does, ending, SmtpPhase.Message, SmtpThen.ClientCloses, async server =>
    {
        // Without SIZE, which would refuse the mail before MAIL.
        await server.GreetAsync("250-t\r\n250 PIPELINING\r\n");
        await server.ExpectAsync("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
        await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
        await server.ReadAsync(100_000);
        await then(server);
    }) { Code = code, Text = Large, Drains = true };

    private static SmtpCase Early(string does, string reply, SmtpEnding ending, int code) => new(Part, does, ending, SmtpPhase.Message, SmtpThen.ClientCloses, server =>
        EnvelopeAsync(server, "250 ok\r\n250 ok\r\n354 go\r\n" + reply)) { Code = code, OnePacket = true };

    private static SmtpCase Silent(string does) => new(Part, does, Uncertain, SmtpPhase.FinalDot, SmtpThen.ClientCloses, server => MessageAsync(server, "")) { Stalls = true };

    private static SmtpCase Ends(string does, string half, Func<ScriptedSession, Task> end) => new(Part, does, Uncertain, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
    {
        await MessageAsync(server, half);
        await end(server);
    });
}
