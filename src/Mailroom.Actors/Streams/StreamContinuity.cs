namespace Mailroom.Actors.Streams;

/// <summary>How far a stream has been read: the newest entry, and how many entries the stream had been given up to it.</summary>
public readonly record struct StreamCursor(StreamEntryId Offset, long Entries)
{
    public static readonly StreamCursor Start = new(StreamEntryId.Start, 0);
}

/// <summary>What the stream's own facts say about what lies between a cursor and the next entry.</summary>
public enum Continuity
{
    Whole,

    /// <summary>Entries were trimmed or deleted that nobody had read.</summary>
    Gap,

    /// <summary>This is not the stream that was read, or an older state of it.</summary>
    Reset,
}

/// <summary>
/// Finds out whether entries were lost before they were read. By the count of entries ever added, because ids do not tell
/// whether there was anything between two of them.
/// </summary>
public static class StreamContinuity
{
    /// <summary>The place to begin where nothing was ever read: what was removed before then is nobody's loss.</summary>
    public static StreamCursor First(StreamFacts? facts) => new(StreamEntryId.Start, facts?.Added is { } added ? added - facts.Length : 0);

    /// <summary>
    /// <paramref name="cursor"/> has to be where the reader stands at the time of the facts. <c>After</c> is where to read on, <c>Lost</c> how
    /// many entries are gone (null: nobody knows). What was lost amid entries that are still to be read is seen once those are read.
    /// </summary>
    public static (Continuity Verdict, StreamCursor After, long? Lost) Check(StreamCursor cursor, StreamFacts? facts)
    {
        if (facts is null || facts.LastGenerated < cursor.Offset || facts.Added < cursor.Entries)
        {
            return cursor.Offset == StreamEntryId.Start ? Whole(First(facts)) : Reset();
        }

        return facts.Added is { } added ? ByCount(cursor, facts, added) : ById(cursor, facts);
    }

    private static (Continuity, StreamCursor, long?) ByCount(StreamCursor cursor, StreamFacts facts, long added)
    {
        var left = facts.LastGenerated == cursor.Offset ? 0
            : facts.First is not { } first ? 0
            : first > cursor.Offset ? facts.Length
            : (long?)null;
        var lost = added - cursor.Entries - left;
        return lost > 0 ? (Continuity.Gap, cursor with { Entries = cursor.Entries + lost.Value }, lost) : Whole(cursor);
    }

    /// <summary>Older servers do not count: only a deletion past the offset is known for sure.</summary>
    private static (Continuity, StreamCursor, long?) ById(StreamCursor cursor, StreamFacts facts) =>
        facts.HighestDeleted is { } deleted && deleted > cursor.Offset && (facts.First is not { } first || first > deleted)
            ? (Continuity.Gap, cursor with { Offset = deleted }, null)
            : Whole(cursor);

    private static (Continuity, StreamCursor, long?) Whole(StreamCursor cursor) => (Continuity.Whole, cursor, 0);

    private static (Continuity, StreamCursor, long?) Reset() => (Continuity.Reset, StreamCursor.Start, null);
}
