namespace Mailroom.Testing;

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
