namespace Mailroom.Testing;

/// <summary>The fullest second of a row of times, wherever it begins.</summary>
public static class SlidingSecond
{
    /// <param name="times">Oldest first.</param>
    public static int Most(IReadOnlyList<DateTimeOffset> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        var (most, first) = (0, 0);
        for (var last = 0; last < times.Count; last++)
        {
            while (times[last] - times[first] >= TimeSpan.FromSeconds(1))
            {
                first++;
            }

            most = Math.Max(most, last - first + 1);
        }

        return most;
    }
}
