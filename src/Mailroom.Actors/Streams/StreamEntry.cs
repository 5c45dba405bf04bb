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
}

/// <summary>One field of an entry. Nothing is known of its bytes.</summary>
public readonly record struct StreamField(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value);

/// <summary>What a stream says of itself.</summary>
/// <param name="Length">Entries in it.</param>
/// <param name="First">Its oldest entry, or null while it is empty.</param>
/// <param name="LastGenerated">The newest id ever given.</param>
/// <param name="HighestDeleted">
/// No entry above this id has been trimmed or deleted; <c>0-0</c> where none has at all, null where the server does not say. It may be higher
/// than what was really removed (Redis keeps no id of what was trimmed), but lies below <see cref="First"/> unless an entry behind that was deleted.
/// </param>
public sealed record StreamFacts(long Length, StreamEntryId? First, StreamEntryId LastGenerated, StreamEntryId? HighestDeleted)
{
    /// <summary>
    /// Entries ever added, or null where the server does not say. <c>EntriesAdded - Length</c> were removed. Whoever knows how many had been added up
    /// to its offset knows for sure, once <see cref="First"/> is above the offset, whether one behind it was removed: more are missing than that.
    /// </summary>
    public long? EntriesAdded { get; init; }
}
