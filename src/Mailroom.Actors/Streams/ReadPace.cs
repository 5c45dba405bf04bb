namespace Mailroom.Actors.Streams;

/// <summary>
/// How many entries to ask for: a read can be bounded by their number only, so their size is guessed from the last ones. Begins
/// small and doubles; a failed read may have been too large, so the next one is much smaller.
/// </summary>
internal sealed class ReadPace(int most, long bytes)
{
    private const int Beginning = 32;

    public int Limit { get; private set; } = Math.Min(Beginning, most);

    public void Read(int entries, long size)
    {
        var average = Math.Max(1, size / Math.Max(1, entries));
        Limit = (int)Math.Clamp(Math.Min(Limit * 2L, bytes / average), 1, most);
    }

    public void Failed() => Limit = Math.Max(1, Limit / 4);
}
