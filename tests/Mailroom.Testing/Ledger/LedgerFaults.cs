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

    /// <summary>Given a recipient's address: a reply that refuses it; null accepts.</summary>
    public Func<string, string?>? Recipient { get; init; }

    /// <summary>Given a mail whose final dot was read: what comes of it.</summary>
    public Func<LedgerMail, DotFault>? Dot { get; init; }
}

/// <summary>What happens after the final dot.</summary>
public abstract record DotFault
{
    private DotFault()
    {
    }

    /// <summary>The mail is taken and acknowledged.</summary>
    public static DotFault Acknowledge { get; } = new Acknowledged();

    /// <summary>No answer, the connection open, until <see cref="LedgerSink.ReleaseStalled"/>; the mail is taken only then.</summary>
    public static DotFault Stall { get; } = new Stalled();

    /// <summary>The connection closes without an answer and the mail is not taken: the sender has to send it again.</summary>
    public static DotFault DropBeforeTaking { get; } = new Dropped(Taken: false);

    /// <summary>The mail is taken and the connection closes without an answer: the sender cannot know, and a second sending is a duplicate.</summary>
    public static DotFault DropAfterTaking { get; } = new Dropped(Taken: true);

    /// <summary>The mail is refused with that reply.</summary>
    public static DotFault Refuse(string reply) => new Refused(reply);

    internal sealed record Acknowledged : DotFault;

    internal sealed record Stalled : DotFault;

    internal sealed record Dropped(bool Taken) : DotFault;

    internal sealed record Refused(string Reply) : DotFault;
}
