namespace Mailroom.Actors.Streams;

/// <summary>The consumer's bounds and rhythms.</summary>
public sealed record ConsumerOptions
{
    /// <summary>Entries in one read at most.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>Bytes of entries in one transaction.</summary>
    public long BatchBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long one read waits for an entry (<c>MAIL_STREAM_BLOCK_TIMEOUT</c>).</summary>
    public TimeSpan Block { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the stream is asked whether entries were lost.</summary>
    public TimeSpan FactsInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the offset's copy is written at most.</summary>
    public TimeSpan CopyInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The first wait after the stream or the database failed; doubled up to <see cref="LongestWait"/>.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(2);
}
