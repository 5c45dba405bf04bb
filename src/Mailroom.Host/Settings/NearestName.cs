namespace Mailroom.Host.Settings;

/// <summary>Finds the name that was probably meant.</summary>
public static class NearestName
{
    private const int Longest = 128;

    /// <summary>
    /// The known name with the fewest letters inserted, removed, changed or swapped with their neighbour; null where
    /// that is more than a quarter of the letters. What stands before the first dot is the same in all keys and is
    /// not counted.
    /// </summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        if (name.Length is 0 or > Longest)
        {
            return null;
        }

        string? nearest = null;
        var fewest = Math.Max(1, (name.Length - name.IndexOf('.', StringComparison.Ordinal) - 1) / 4) + 1;
        foreach (var candidate in known)
        {
            // A key without its beginning is as near as a name can be.
            var edits = candidate.EndsWith($".{name}", StringComparison.OrdinalIgnoreCase) ? 0 : Edits(name, candidate);
            if (edits < fewest)
            {
                fewest = edits;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>Optimal string alignment distance, upper and lower case alike.</summary>
    private static int Edits(string from, string to)
    {
        var before = new int[to.Length + 1];
        var above = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var row = new int[to.Length + 1];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var changed = Same(from[i - 1], to[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + changed);
                if (i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, above) = (above, row);
        }

        return above[to.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
