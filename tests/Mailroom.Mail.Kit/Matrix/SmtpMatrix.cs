using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>All rows: each way in which a server is known or feared to misbehave, and some in which it does not.</summary>
public static class SmtpMatrix
{
    /// <summary>No PIPELINING: the client asks step by step.</summary>
    internal const string SteppedEhlo = "250-test\r\n250 SIZE 1000000\r\n";

    internal const string ThreeRecipients =
        "MAIL FROM:<a@example.com> SIZE=#\r\nRCPT TO:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nRCPT TO:<z@example.com>\r\nDATA\r\n";

    private static readonly Dictionary<string, SmtpCase> ByName = new SmtpCase[][]
    {
        ConnectCases.All, EhloCases.All, StartTlsCases.All, AuthCases.All, EnvelopeCases.All, StepCases.All, DataCases.All, ReuseCases.All, InjectionCases.All,
    }.SelectMany(part => part).ToDictionary(row => row.ToString());

    public static IReadOnlyCollection<SmtpCase> All => ByName.Values;

    /// <summary>The names of the rows for a client.</summary>
    public static IEnumerable<string> ForClient => All.Where(row => !row.DeliveryOnly).Select(row => row.ToString());

    /// <summary>The names of the rows for a delivery.</summary>
    public static IEnumerable<string> ForDelivery => All.Where(row => !row.ClientOnly).Select(row => row.ToString());

    public static SmtpCase Get(string name) => ByName[name];

    /// <summary>The server takes the message and tells what it read.</summary>
    public static SmtpCase Take(Action<string> read) => new("DATA", "takes the message", SmtpEnding.Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await EnvelopeAsync(server);
        read(await server.ReadMessageAsync());
        await server.SendAsync("250 2.0.0 taken\r\n");
    }) { Code = 250 };

    /// <summary>The server closes after it has read <paramref name="octets"/> of the message.</summary>
    public static SmtpCase DropAt(int octets) => new(
        "DATA", $"drops the connection after {octets} octets of the message", SmtpEnding.Uncertain, SmtpPhase.FinalDot, SmtpThen.ServerCloses,
        async server =>
        {
            await EnvelopeAsync(server);
            await server.ReadAsync(octets);
        });

    /// <summary>A greeting, then an envelope of one recipient that is answered so.</summary>
    internal static async Task EnvelopeAsync(ScriptedSession server, string replies = "250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n")
    {
        await server.GreetAsync();
        await server.ExpectAsync(ScriptedSession.Envelope);
        // A client that has seen enough may close before the last octet.
        await server.TrySendAsync(replies);
    }

    /// <summary>A whole message is read and answered so.</summary>
    internal static async Task MessageAsync(ScriptedSession server, string reply)
    {
        await EnvelopeAsync(server);
        await server.ReadMessageAsync();
        await server.SendAsync(reply);
    }

    /// <summary>As <see cref="EnvelopeAsync"/> with a server that does not offer PIPELINING: one command, one reply.</summary>
    internal static async Task SteppedAsync(ScriptedSession server, params string[] replies)
    {
        await server.GreetAsync(SteppedEhlo);
        string[] commands = ["MAIL FROM:<a@example.com> SIZE=#\r\n", "RCPT TO:<b@example.com>\r\n", "DATA\r\n"];
        for (var i = 0; i < replies.Length; i++)
        {
            await server.ExpectAsync(commands[i]);
            server.ShouldBeQuiet();
            await server.SendAsync(replies[i]);
        }
        if (replies.Length < commands.Length && (replies.Length == 0 || replies[^1].StartsWith('2')))
        {
            await server.ExpectAsync(commands[replies.Length]);
        }
    }
}
