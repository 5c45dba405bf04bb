using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>One row of the matrix: what a server does to a mail, and all that must follow.</summary>
/// <param name="Part">The part of the conversation.</param>
/// <param name="Does">What the server does, in the words that operators read; the row's name.</param>
/// <param name="Ending">How the attempt ends.</param>
/// <param name="Phase">The step that decides.</param>
/// <param name="Then">What becomes of the connection.</param>
/// <param name="Script">The server's side up to the point where <paramref name="Then"/> begins.</param>
public sealed record SmtpCase(string Part, string Does, SmtpEnding Ending, SmtpPhase Phase, SmtpThen Then, Func<ScriptedSession, MatrixStage, Task> Script)
{
    public SmtpCase(string part, string does, SmtpEnding ending, SmtpPhase phase, SmtpThen then, Func<ScriptedSession, Task> script)
        : this(part, does, ending, phase, then, (server, _) => script(server))
    {
    }

    /// <summary>The code of the reply that decides; 0: none does.</summary>
    public int Code { get; init; }

    /// <summary>After its script the server is silent, and the clock runs to the deadline of <see cref="Phase"/>.</summary>
    public bool Stalls { get; init; }

    /// <summary>What the server says has no end: a client that does not stop reading waits for more.</summary>
    public bool Endless { get; init; }

    /// <summary>The client may still be writing when it closes.</summary>
    public bool Drains { get; init; }

    /// <summary>Said when the client has already gone.</summary>
    public string? TooLate { get; init; }

    /// <summary>The row is about what stands in one packet; octet by octet it is another row.</summary>
    public bool OnePacket { get; init; }

    /// <summary>The script takes a mail first, and whatever becomes of that one is not the row's.</summary>
    public bool Warm { get; init; }

    /// <summary>The server gives up the warm connection, so that the row's mail goes over a second one.</summary>
    public bool Replaced { get; init; }

    public ConnectFault FirstConnect { get; init; }

    public Func<SmtpSettings, SmtpSettings> With { get; init; } = settings => settings;

    /// <summary>How the second connection begins, up to its first MAIL.</summary>
    public Func<ScriptedSession, Task> Opening { get; init; } = server => server.GreetAsync();

    public string Sender { get; init; } = "a@example.com";

    /// <summary>One: <c>b@example.com</c>. Three: <c>x</c>, <c>y</c> and <c>z</c>, whose fates are in <see cref="Each"/>.</summary>
    public int Recipients { get; init; } = 1;

    /// <summary>What becomes of each recipient, as the stored names say it; null: all fare as the mail does.</summary>
    public string? Each { get; init; }

    public string Text { get; init; } = "hello";

    /// <summary>The mail waits this long where the reply is a throttle.</summary>
    public TimeSpan? Waits { get; init; }

    /// <summary>The whole org makes no call for this long.</summary>
    public TimeSpan? SlowsOrg { get; init; }

    /// <summary>Speaks of octets that Mailroom's composer does not produce: for the client alone.</summary>
    public bool ClientOnly { get; init; }

    /// <summary>Speaks of what the composer does: for the delivery alone.</summary>
    public bool DeliveryOnly { get; init; }

    public IReadOnlyList<string> Addresses => Recipients == 1 ? ["b@example.com"] : ["x@example.com", "y@example.com", "z@example.com"];

    public override string ToString() => $"{Part}: {Does}";
}
