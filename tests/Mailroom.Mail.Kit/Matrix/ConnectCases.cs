using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>From the connect to the greeting (RFC 5321 sections 3.1 and 4.3.2).</summary>
internal static class ConnectCases
{
    private const string Part = "connect";

    public static readonly SmtpCase[] All =
    [
        new(Part, "refuses the connection", NotConnected, SmtpPhase.Connect, SmtpThen.ServerCloses, _ => Task.CompletedTask) { FirstConnect = ConnectFault.Refused },
        new(Part, "never answers the connect", TimedOut, SmtpPhase.Connect, SmtpThen.ServerCloses, _ => Task.CompletedTask)
        {
            FirstConnect = ConnectFault.BlackHole, Stalls = true,
        },
        new(Part, "takes the connection and resets it", Lost, SmtpPhase.Greeting, SmtpThen.ServerCloses, async (server, stage) =>
        {
            await stage.Network.Connected;
            await server.ResetAsync();
        }),
        Greets("takes the connection and closes it", "", Lost, SmtpThen.ServerCloses),
        Greets("closes in the middle of its greeting", "220 half a li", Lost, SmtpThen.ServerCloses),
        Greets("greets with 421", "421 4.3.2 too busy\r\n", Deferred, code: 421),
        Greets("greets with 421 for too many connections", "421 4.7.0 too many connections, try again in 2 minutes\r\n", Throttled, code: 421) with
        {
            Waits = TimeSpan.FromMinutes(2), SlowsOrg = TimeSpan.FromMinutes(2),
        },
        Greets("greets with 450", "450 4.3.2 later\r\n", Deferred, code: 450),
        Greets("greets with 554", "554 5.3.2 no service here\r\n", Rejected, code: 554),
        Greets("greets with a 554 of several lines and closes", "554-5.7.1 no\r\n554 5.7.1 service\r\n", Rejected, SmtpThen.ServerCloses, 554),
        Greets("speaks another protocol", "HTTP/1.1 400 Bad Request\r\n", NoSmtp),
        Greets("greets with a code of four digits", "2200 hello\r\n", NoSmtp),
        Greets("greets with 120", "120 soon\r\n", NoSmtp),
        Greets("greets with 250", "250 hello\r\n", NoSmtp, code: 250),
        Greets("greets with 354", "354 hello\r\n", NoSmtp, code: 354),
        Greets("greets with two codes in one reply", "220-one\r\n250 two\r\n", NoSmtp),
        Greets("puts a NUL into its greeting", "220 a\0b\r\n", NoSmtp),
        Greets("puts a bare CR into its greeting", "220 a\rb\r\n", NoSmtp),
        Greets("greets with a line above 8 KiB", "220 " + new string('x', 8 * 1024) + "\r\n", NoSmtp),
        Greets("greets with a line above 64 KiB", "220 " + new string('x', 70 * 1024) + "\r\n", NoSmtp),
        Greets("never ends its greeting: line after line", string.Concat(Enumerable.Repeat("220-and\r\n", 101)), NoSmtp) with { Endless = true },
        new(Part, "sends no greeting", TimedOut, SmtpPhase.Greeting, SmtpThen.ClientCloses, _ => Task.CompletedTask) { Stalls = true },
        new(Part, "sends its greeting one octet a second", TimedOut, SmtpPhase.Greeting, SmtpThen.ClientCloses, DripBySecondsAsync),
        Welcomes("greets with several lines", "220-one\r\n220-two\r\n220 three\r\n"),
        Welcomes("greets with a code alone", "220\r\n"),
        Welcomes("greets with a line of 600 octets", "220 " + new string('x', 596) + "\r\n"),
        new(Part, "ends its lines with bare LF", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
        {
            await server.SendAsync("220 test\n");
            await server.ExpectAsync("EHLO client.test\r\n");
            await server.SendAsync("250-test\n250-PIPELINING\n250 SIZE 1000000\n");
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.SendAsync("250 ok\n250 ok\n354 go\n");
            await server.ReadMessageAsync();
            await server.SendAsync("250 taken\n");
        }) { Code = 250 },
    ];

    private static SmtpCase Greets(string does, string greeting, SmtpEnding ending, SmtpThen then = SmtpThen.ClientCloses, int code = 0) =>
        new(Part, does, ending, SmtpPhase.Greeting, then, server => server.TrySendAsync(greeting)) { Code = code, Drains = greeting.Length > 512 };

    private static SmtpCase Welcomes(string does, string greeting) => new(Part, does, Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await server.SendAsync(greeting);
        await server.ExpectAsync("EHLO client.test\r\n");
        await server.SendAsync(ScriptedSession.PipeliningEhlo);
        await server.TakeMailAsync();
    }) { Code = 250 };

    /// <summary>The clock moves on only when the client has read the octet, so that a deadline which began anew with each would never come.</summary>
    private static async Task DripBySecondsAsync(ScriptedSession server, MatrixStage stage)
    {
        var deadline = SmtpTestBed.Deadlines.Greeting;
        await stage.Time.UntilArmedAsync(deadline);
        for (var second = 1; second < deadline.TotalSeconds; second++)
        {
            await server.SendAsync(second < 4 ? "220"[second - 1].ToString() : second == 4 ? "-" : "x");
            await stage.Network.UntilReadAsync(second);
            stage.Time.Advance(TimeSpan.FromSeconds(1));
        }
        stage.Time.Advance(TimeSpan.FromSeconds(1));
    }
}
