using System.Globalization;

namespace Mailroom.Host.Running;

/// <summary>
/// How many connections callers may have open, so that they cannot take the last file descriptor: without one the runtime cannot make
/// a thread or load a library, and ends the process.
/// </summary>
internal static class OpenFiles
{
    /// <summary>What the process keeps for itself: libraries, the database, the next hop, Redis, and what is made on the way.</summary>
    private const long Reserved = 400;

    /// <summary>However little is left.</summary>
    private const int Least = 16;

    private const string Limits = "/proc/self/limits";
    private const string Line = "Max open files";

    /// <summary>The limit of this process (<c>ulimit -n</c>, which .NET raises to the hard one at its start); null: none, or not to be known here.</summary>
    public static long? Limit()
    {
        try
        {
            return Parse(File.ReadLines(Limits));
        }
        catch (Exception why) when (why is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or /proc is not there.
            return null;
        }
    }

    /// <summary>The soft limit that the lines of <c>/proc/self/limits</c> name.</summary>
    public static long? Parse(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } line
            && long.TryParse(line[Line.Length..].TrimStart().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;

    /// <summary>Of what is not reserved, three quarters are the public listener's and one is the internal one's; never more than <paramref name="most"/>.</summary>
    public static int Connections(long? limit, int quarters, int most) =>
        limit is { } files ? (int)Math.Clamp((files - Reserved) * quarters / 4, Least, most) : most;
}
