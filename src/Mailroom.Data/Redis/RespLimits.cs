namespace Mailroom.Data.Redis;

/// <summary>
/// How much of one reply is held in memory. What is above <see cref="MaxValue"/> or <see cref="MaxReply"/> is read past and left out,
/// so that the connection keeps step and the caller sees that something is missing; what is above the other bounds is no reply
/// that Redis would give, and ends the connection.
/// </summary>
public sealed record RespLimits
{
    /// <summary>Bytes of one value. 4 MiB unless set.</summary>
    public int MaxValue { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one reply with all that is in it, about 64 for each element besides its own. 16 MiB unless set.</summary>
    public long MaxReply { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of one value that are read past: 512 MiB is the most that Redis takes of its clients (<c>proto-max-bulk-len</c>).</summary>
    public long MaxSkipped { get; init; } = 512L * 1024 * 1024;

    /// <summary>Bytes of a line: a status, an error, a number, a length.</summary>
    public int MaxLine { get; init; } = 64 * 1024;

    /// <summary>Elements that an aggregate may announce. Memory is taken as they come.</summary>
    public int MaxElements { get; init; } = 1 << 30;

    /// <summary>Aggregates within aggregates.</summary>
    public int MaxDepth { get; init; } = 16;
}
