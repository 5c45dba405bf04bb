namespace Mailroom.Testing;

/// <summary>
/// What the sink does wrong on purpose. Replies are whole lines without CRLF, as <c>451 4.7.1 Try again later</c>; after
/// a reply of 421 the sink closes the connection, as RFC 5321 section 3.8 has it. A hook runs on the connection's own
/// thread and may be called from many at once.
/// </summary>
public sealed record LedgerFaults
{
    public static LedgerFaults None { get; } = new();

    /// <summary>Given a connection's number (from 1): a reply instead of the greeting, after which the sink closes; null greets.</summary>
    public Func<int, string?>? Greeting { get; init; }

    /// <summary>Given a sender's address: a reply that refuses it; null accepts.</summary>
    public Func<string, string?>? Sender { get; init; }

    /// <summary>Given a recipient's address: a reply that refuses it; null accepts.</summary>
    public Func<string, string?>? Recipient { get; init; }

    /// <summary>The reply to AUTH PLAIN, which is offered only where this is set.</summary>
    public Func<string>? Authentication { get; init; }

    /// <summary>Connections are accepted and not greeted before <see cref="LedgerSink.ReleaseStalled"/>.</summary>
    public bool StallBeforeGreeting { get; init; }

    /// <summary>What a command begins with that is not answered before <see cref="LedgerSink.ReleaseStalled"/>; <c>STARTTLS</c> and <c>AUTH PLAIN</c> are offered then. Null: none.</summary>
    public string? StallIn { get; init; }

    /// <summary>Given the recipients accepted so far: true leaves DATA without its 354 until <see cref="LedgerSink.ReleaseStalled"/>.</summary>
    public Func<IReadOnlyList<string>, bool>? StallBeforeData { get; init; }

    /// <summary>DATA is answered with 354, and nothing of the mail is read before <see cref="LedgerSink.ReleaseStalled"/>. A mail below some megabytes still leaves its sender.</summary>
    public bool StallInContent { get; init; }

    /// <summary>Given a mail whose final dot was read: what comes of it.</summary>
    public Func<LedgerMail, DotFault>? Dot { get; init; }
}
