namespace Mailroom.Mail.Smtp;

/// <summary>
/// Ends a conversation from inside: the connection is of no further use. Becomes an <see cref="SmtpResult"/> before it
/// reaches a caller.
/// </summary>
internal sealed class SmtpFailureException(SmtpOutcome outcome, SmtpPhase phase, string detail, SmtpReply? reply = null, Exception? cause = null)
    : Exception(detail, cause)
{
    public SmtpOutcome Outcome { get; } = outcome;
    public SmtpPhase Phase { get; } = phase;
    public SmtpReply? Reply { get; } = reply;
}
