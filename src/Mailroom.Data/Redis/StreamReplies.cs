using Mailroom.Actors.Streams;

namespace Mailroom.Data.Redis;

/// <summary>Reads the replies of XREAD and XINFO STREAM, in RESP2's and RESP3's form.</summary>
internal static class StreamReplies
{
    /// <summary>
    /// The entries of XREAD for one stream, up to the first that was cut: the first of a reply is given even so, as it had all the room there is;
    /// a later one may find room when it is the first.
    /// </summary>
    /// <param name="after">What was asked for; entries have to be above it and grow.</param>
    /// <exception cref="RedisException">It is no reply to XREAD.</exception>
    public static IReadOnlyList<StreamEntry> Entries(in RedisReply reply, StreamEntryId after)
    {
        if (reply.IsNull || reply.Items.IsEmpty)
        {
            return [];
        }

        // RESP3: a map of key and entries. RESP2: an array of arrays of key and entries.
        var stream = reply.Kind == RedisReplyKind.Map ? reply.Items : reply.Items[0].Items;
        if (stream.Length != 2)
        {
            throw NotThat("XREAD", "a stream that is no pair of key and entries");
        }

        var found = stream[1].Items;
        var entries = new List<StreamEntry>(found.Length);
        foreach (ref readonly var item in found)
        {
            if (Entry(item) is not { } entry || (entry.IsCut && entries.Count > 0))
            {
                break;
            }

            if (entry.Id <= after)
            {
                throw NotThat("XREAD", $"entry {entry.Id} behind {after}");
            }

            after = entry.Id;
            entries.Add(entry);
            if (entry.IsCut)
            {
                break;
            }
        }

        return entries.Count > 0 || found.IsEmpty ? entries : throw NotThat("XREAD", "entries without ids");
    }

    /// <exception cref="RedisException">It is no reply to XINFO STREAM.</exception>
    public static StreamFacts Facts(in RedisReply reply)
    {
        long? length = null, added = null;
        StreamEntryId? last = null, deleted = null, first = null;
        var items = reply.Items;
        for (var at = 0; at + 1 < items.Length; at += 2)
        {
            ref readonly var value = ref items[at + 1];
            switch (items[at].Text)
            {
                case "length":
                    length = value.Integer;
                    break;
                case "entries-added":
                    added = value.Integer;
                    break;
                case "last-generated-id":
                    last = Id(value);
                    break;
                case "max-deleted-entry-id":
                    deleted = Id(value);
                    break;
                case "first-entry" when !value.IsNull:
                    first = Entry(value)?.Id;
                    break;
                default:
                    // Much more is told, and each version of the server tells more.
                    break;
            }
        }

        return length is { } entries && last is { } newest && (entries == 0) == first is null
            ? new(entries, first, newest, Removed(entries, added, first, newest, deleted)) { EntriesAdded = added }
            : throw NotThat("XINFO STREAM", "too little about the stream");
    }

    /// <summary>
    /// Redis 7 notes the highest id that XDEL took, and of what was trimmed only how many there were. Trimming takes the oldest, so all of that lies
    /// below the first entry.
    /// </summary>
    private static StreamEntryId? Removed(long length, long? added, StreamEntryId? first, StreamEntryId last, StreamEntryId? deleted) =>
        added is not { } ever || deleted is not { } known ? null
        : ever <= length ? StreamEntryId.Start
        : first is not { } oldest ? last
        : known > Before(oldest) ? known
        : Before(oldest);

    private static StreamEntryId Before(StreamEntryId id) =>
        id.Sequence > 0 ? id with { Sequence = id.Sequence - 1 }
        : id.Milliseconds > 0 ? new(id.Milliseconds - 1, ulong.MaxValue)
        : StreamEntryId.Start;

    /// <summary>Null: not even its id was kept.</summary>
    private static StreamEntry? Entry(in RedisReply item)
    {
        var parts = item.Items;
        if (parts.IsEmpty)
        {
            return item.IsCut ? null : throw NotThat("XREAD", "an entry of nothing");
        }

        var id = Id(parts[0]);
        if (parts.Length < 2)
        {
            return item.IsCut ? new(id, []) { IsCut = true } : throw NotThat("XREAD", "an entry without fields");
        }

        var named = parts[1].Items;
        var isCut = item.IsCut || parts[1].IsCut;
        var fields = new StreamField[named.Length / 2];
        for (var at = 0; at < fields.Length; at++)
        {
            var (name, value) = (named[2 * at], named[(2 * at) + 1]);
            isCut |= name.IsCut || value.IsCut;
            fields[at] = new(name.Bytes, value.Bytes);
        }

        return new(id, fields) { IsCut = isCut };
    }

    private static StreamEntryId Id(in RedisReply reply) =>
        StreamEntryId.TryParse(reply.Text, out var id) ? id : throw NotThat("a stream's command", "an id that is none");

    private static RedisException NotThat(string command, string found) => new(RedisFault.Protocol, $"Redis answered {command} with {found}.");
}
