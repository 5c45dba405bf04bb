namespace Mailroom.Mail.Smtp;

/// <summary>The step of a send that decided its outcome, or that a deadline belongs to.</summary>
public enum SmtpPhase
{
    /// <summary>All of the pool's connections are busy.</summary>
    WaitingForConnection,
    Connect,
    Greeting,
    Ehlo,
    StartTls,
    Tls,
    Auth,
    /// <summary>RSET before the next mail, after a transaction that failed.</summary>
    Reset,
    Mail,
    Rcpt,
    Data,
    /// <summary>The message itself, block by block, up to but without the block that holds the final dot.</summary>
    Message,
    /// <summary>The block that holds the final dot, and the reply to it.</summary>
    FinalDot,
    Quit,
}
