using System.Globalization;

namespace Mailroom.Actors.Streams;

/// <summary>The id of a stream's entry: <c>milliseconds-sequence</c>, only growing within a stream.</summary>
public readonly record struct StreamEntryId(ulong Milliseconds, ulong Sequence) : IComparable<StreamEntryId>
{
    /// <summary>Before every entry: <c>0-0</c>.</summary>
    public static readonly StreamEntryId Start = new(0, 0);

    public static bool TryParse(string? text, out StreamEntryId id)
    {
        id = default;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash <= 0
            || !ulong.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || !ulong.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return false;
        }

        id = new(milliseconds, sequence);
        return true;
    }

    public static bool operator <(StreamEntryId left, StreamEntryId right) => left.CompareTo(right) < 0;

    public static bool operator >(StreamEntryId left, StreamEntryId right) => left.CompareTo(right) > 0;

    public static bool operator <=(StreamEntryId left, StreamEntryId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(StreamEntryId left, StreamEntryId right) => left.CompareTo(right) >= 0;

    public int CompareTo(StreamEntryId other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}

/// <summary>One entry as it was read: field names and values as bytes, in their order.</summary>
public sealed record StreamEntry(StreamEntryId Id, IReadOnlyList<StreamField> Fields)
{
    /// <summary>The entry is larger than the source takes into memory: some of its values are empty, or fields are missing from its end.</summary>
    public bool IsCut { get; init; }

    /// <summary>Bytes of all names and values.</summary>
    public long Size
    {
        get
        {
            var size = 0L;
            for (var index = 0; index < Fields.Count; index++)
            {
                size += Fields[index].Name.Length + (long)Fields[index].Value.Length;
            }

            return size;
        }
    }
}

/// <summary>One field of an entry. Nothing is known of its bytes.</summary>
public readonly record struct StreamField(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value);

/// <summary>What a stream says of itself.</summary>
/// <param name="Length">Entries in it.</param>
/// <param name="First">Its oldest entry, or null while it is empty.</param>
/// <param name="LastGenerated">The newest id ever given.</param>
/// <param name="HighestDeleted">The highest id that was deleted, or null where the server does not say. Redis leaves out what was trimmed.</param>
public sealed record StreamFacts(long Length, StreamEntryId? First, StreamEntryId LastGenerated, StreamEntryId? HighestDeleted)
{
    /// <summary>How many entries were ever added (Redis 7: <c>entries-added</c>), or null where the server does not say. By it alone trimmed entries are missed.</summary>
    public long? Added { get; init; }
}
