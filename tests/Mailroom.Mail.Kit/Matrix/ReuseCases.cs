using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>A connection that has carried a mail before. What the server did to it is not the next mail's fault.</summary>
internal static class ReuseCases
{
    private const string Part = "reuse";

    public static readonly SmtpCase[] All =
    [
        Replaces("closes the idle connection between mails", server => server.CloseAsync().AsTask()),
        Replaces("resets the idle connection between mails", server => server.ResetAsync().AsTask()),
        Replaces("says 421 on the idle connection and closes", async server =>
        {
            await server.TrySendAsync("421 4.4.2 idle too long\r\n");
            await server.CloseAsync();
        }),
        Replaces("closes when the next MAIL comes, without an answer", server => server.ExpectAsync(ScriptedSession.Envelope)),
        Replaces("answers the next MAIL with 421, its number of mails a connection is reached", async server =>
        {
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("421 4.7.0 too many messages on this connection\r\n");
        }),
        AfterFailure("answers RSET with 421", "421 4.3.2 closing\r\n"),
        AfterFailure("answers RSET with 500", "500 5.5.1 what\r\n") with { Then = SmtpThen.ClientCloses },
        AfterFailure("closes at RSET", ""),
        new(Part, "takes no MAIL after a failed transaction before RSET", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
        {
            await RefuseOneAsync(server);
            (await server.ServeAsync(resets: true, atMost: 1)).ShouldBe(1);
        }) { Warm = true, Code = 250 },
        new(Part, "answers the next MAIL with 452, its number of mails a connection is reached", Deferred, SmtpPhase.Mail, SmtpThen.ClientQuits, async server =>
        {
            await TakeOneAsync(server);
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("452 4.5.3 no more messages on this connection\r\n503 no\r\n503 no\r\n");
        }) { Warm = true, Code = 452 },
        new(Part, "does not answer the next MAIL", TimedOut, SmtpPhase.Mail, SmtpThen.ClientCloses, async server =>
        {
            await TakeOneAsync(server);
            await server.ExpectAsync(ScriptedSession.Envelope);
        }) { Warm = true, Stalls = true },
        new(Part, "takes the next MAIL and closes", Lost, SmtpPhase.Rcpt, SmtpThen.ServerCloses, async server =>
        {
            await TakeOneAsync(server);
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("250 ok\r\n");
        }) { Warm = true },
        new(Part, "has carried as many mails as this client gives one connection", Accepted, SmtpPhase.FinalDot, SmtpThen.ClientQuits, async server =>
        {
            await TakeOneAsync(server);
            await server.TakeMailAsync();
        }) { Warm = true, Code = 250, With = settings => settings with { MaxMailsPerConnection = 2 } },
    ];

    private static async Task TakeOneAsync(ScriptedSession server)
    {
        await server.GreetAsync();
        await server.TakeMailAsync();
    }

    private static async Task RefuseOneAsync(ScriptedSession server) =>
        await SmtpMatrix.EnvelopeAsync(server, "250 ok\r\n550 5.1.1 unknown\r\n503 none\r\n");

    private static SmtpCase Replaces(string does, Func<ScriptedSession, Task> gives) => new(Part, does, Accepted, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
    {
        await TakeOneAsync(server);
        await gives(server);
    }) { Warm = true, Replaced = true, Code = 250 };

    private static SmtpCase AfterFailure(string does, string reply) => new(Part, does, Accepted, SmtpPhase.FinalDot, SmtpThen.ServerCloses, async server =>
    {
        await RefuseOneAsync(server);
        await server.ExpectAsync("RSET\r\n" + ScriptedSession.Envelope);
        await server.SendAsync(reply);
    }) { Warm = true, Replaced = true, Code = 250 };
}
