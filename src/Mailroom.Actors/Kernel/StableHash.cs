namespace Mailroom.Actors.Kernel;

/// <summary>A hash that is the same in every process and release, because shards and jitter are derived from it. FNV-1a with a final mix.</summary>
public static class StableHash
{
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        // FNV leaves the low bits of short, similar ids correlated.
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    public static double Fraction(ReadOnlySpan<char> text) => (Of(text) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The shard of an id, 0 to <paramref name="shards"/> - 1.</summary>
    public static int Shard(ReadOnlySpan<char> id, int shards) => (int)(Of(id) % (ulong)shards);
}
