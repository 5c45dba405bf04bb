using Mailroom.Actors.Streams;

namespace Mailroom.Data.Redis;

/// <summary>
/// How many entries to ask for, so that a reply holds about as many bytes as are wanted: the server sends all that it was asked for,
/// whether there is room or not. Begins low, grows fourfold, and falls back at once.
/// </summary>
internal sealed class ReadPace(long wantedBytes)
{
    private const int First = 16;
    private const int Most = 4096;

    private int _count = First;

    public int Count(int limit) => Math.Min(_count, limit);

    /// <param name="asked">Entries asked for.</param>
    /// <param name="entries">What came, up to the first that was cut.</param>
    public void Took(int asked, IReadOnlyList<StreamEntry> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        if (entries[^1].IsCut)
        {
            _count = 1;
            return;
        }

        // By the largest: the next ones may all be as large.
        var largest = entries.Max(Size);
        var fitting = Math.Clamp(wantedBytes / largest, 1, Most);
        _count = (int)Math.Min(fitting, Math.Max(_count, Math.Min(asked, entries.Count) * 4L));
    }

    public void Failed() => _count = Math.Max(1, _count / 2);

    private static long Size(StreamEntry entry) => 256 + entry.Size;
}
