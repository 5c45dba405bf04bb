namespace Mailroom.Mail.Smtp;

/// <summary>How long each step may take. The defaults of the steps are those of RFC 5321 section 4.5.3.2; the whole is shorter and wins.</summary>
public sealed record SmtpDeadlines
{
    /// <summary>Resolving the name, and again for each address that is tried.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The STARTTLS reply, and the handshake.</summary>
    public TimeSpan Tls { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Ehlo { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Auth { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>MAIL, and RSET before it where one is due.</summary>
    public TimeSpan Mail { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Rcpt { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Data { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Each block of the message that is written.</summary>
    public TimeSpan DataBlock { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The reply to the final dot. Giving up here means an uncertain outcome, so it is long.</summary>
    public TimeSpan FinalDot { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>QUIT, when a connection is closed in peace. No send waits for it.</summary>
    public TimeSpan Quit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The whole send, waiting for a connection included. Also ends the wait for the reply to the final dot, which is then
    /// uncertain: a longer whole means fewer duplicates.
    /// </summary>
    public TimeSpan Whole { get; init; } = TimeSpan.FromSeconds(15);

    internal TimeSpan For(SmtpPhase phase) => phase switch
    {
        SmtpPhase.WaitingForConnection => Whole,
        SmtpPhase.Connect => Connect,
        SmtpPhase.Greeting => Greeting,
        SmtpPhase.Ehlo => Ehlo,
        SmtpPhase.StartTls or SmtpPhase.Tls => Tls,
        SmtpPhase.Auth => Auth,
        SmtpPhase.Reset or SmtpPhase.Mail => Mail,
        SmtpPhase.Rcpt => Rcpt,
        SmtpPhase.Data => Data,
        SmtpPhase.Message => DataBlock,
        SmtpPhase.FinalDot => FinalDot,
        SmtpPhase.Quit => Quit,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "This phase has no deadline."),
    };

    internal void Validate()
    {
        foreach (var phase in Enum.GetValues<SmtpPhase>())
        {
            if (For(phase) <= TimeSpan.Zero || For(phase) > TimeSpan.FromDays(1))
            {
                throw new SmtpArgumentException($"Deadlines.{phase}", "must be more than zero and at most a day");
            }
        }
    }
}
