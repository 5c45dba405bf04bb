namespace Mailroom.Testing;

/// <summary>
/// The last lines that a process wrote, bounded in number and length, with a way to wait for one.
/// </summary>
public sealed class LineLog
{
    private const int MostLines = 4_000;
    private const int LongestLine = 8 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new();
    private readonly List<Waiter> waiters = [];

    private sealed record Waiter(Func<string, bool> Wanted, TaskCompletionSource<string> Found);

    /// <summary>A copy of the lines kept, oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>The last line that fits, or null.</summary>
    public string? Last(Func<string, bool> wanted) => Lines.LastOrDefault(wanted);

    /// <summary>Completes with the first line that fits, whether it was written before or comes later. Bound it by a <see cref="Deadline"/>.</summary>
    public Task<string> Line(Func<string, bool> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        lock (gate)
        {
            foreach (var line in lines)
            {
                if (wanted(line))
                {
                    return Task.FromResult(line);
                }
            }

            var waiter = new Waiter(wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
            waiters.Add(waiter);
            return waiter.Found.Task;
        }
    }

    /// <summary>The last lines as one text, for the message of a failure.</summary>
    public string Tail(int count = 60) => string.Join('\n', Lines.TakeLast(count));

    internal void Add(string line)
    {
        lock (gate)
        {
            if (lines.Count == MostLines)
            {
                lines.Dequeue();
            }

            lines.Enqueue(line);
            waiters.RemoveAll(waiter => waiter.Wanted(line) && waiter.Found.TrySetResult(line));
        }
    }

    /// <summary>
    /// Reads a stream to its end. A lone CR ends a line at once: smtp-sink writes its counters so, and a reader of
    /// lines would wait for the character after it.
    /// </summary>
    internal async Task ReadFrom(TextReader reader)
    {
        var block = new char[4096];
        var line = new System.Text.StringBuilder();
        int read;
        while ((read = await reader.ReadAsync(block).ConfigureAwait(false)) > 0)
        {
            foreach (var c in block.AsSpan(0, read))
            {
                if (c is not ('\r' or '\n'))
                {
                    if (line.Length < LongestLine)
                    {
                        line.Append(c);
                    }
                }
                else if (line.Length > 0)
                {
                    Add(line.ToString());
                    line.Clear();
                }
            }
        }

        if (line.Length > 0)
        {
            Add(line.ToString());
        }
    }
}
