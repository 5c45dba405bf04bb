using System.Net;

namespace Mailroom.Mail.Smtp;

/// <summary>What became of one recipient.</summary>
public enum SmtpRecipientOutcome
{
    /// <summary>No reply decided about this recipient; nothing was delivered to it.</summary>
    NotReached,
    Accepted,
    Deferred,
    Rejected,
    /// <summary>The server may or may not have the message for this recipient.</summary>
    Uncertain,
}

/// <summary>One recipient of the envelope, in the envelope's order, and the reply that decided about it.</summary>
/// <param name="Address">The recipient as the envelope names it.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reply">The deciding reply to RCPT, DATA or the final dot; null where none came.</param>
public readonly record struct SmtpRecipientResult(string Address, SmtpRecipientOutcome Outcome, SmtpReply? Reply);

/// <summary>The result of one send. What servers and networks do is always told here, never by an exception.</summary>
public sealed class SmtpResult
{
    public required SmtpOutcome Outcome { get; init; }

    /// <summary>The phase that decided.</summary>
    public required SmtpPhase Phase { get; init; }

    /// <summary>The reply that decided; null where no reply did (a lost connection, a deadline).</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>One sentence for the operator: the thing, the cause and where known the fix. Holds no mail address and no secret.</summary>
    public required string Detail { get; init; }

    /// <summary>One entry a recipient, in the order of the envelope.</summary>
    public required IReadOnlyList<SmtpRecipientResult> Recipients { get; init; }

    /// <summary>
    /// True from the moment that the write holding the message's final dot began. Only then can a server have the message.
    /// The lone dot that ends an unwanted 354 (RFC 2920 section 3.1) does not count: it carries no mail.
    /// </summary>
    public bool FinalDotSent { get; init; }

    /// <summary>The host as configured.</summary>
    public required string RemoteHost { get; init; }

    /// <summary>The address that was talked to; null where no connection stood.</summary>
    public IPEndPoint? RemoteAddress { get; init; }

    /// <summary>True where the connection had carried an earlier mail.</summary>
    public bool ConnectionReused { get; init; }

    /// <summary>What was said, without secrets and without the message.</summary>
    public required SmtpConversation Conversation { get; init; }

    public override string ToString() => Reply is null ? $"{Outcome} in {Phase}: {Detail}" : $"{Outcome} in {Phase}: {Reply}";
}
