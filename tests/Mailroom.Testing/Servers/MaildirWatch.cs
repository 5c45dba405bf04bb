namespace Mailroom.Testing;

/// <summary>Waits for files in a maildir's <c>new</c> folder, by the signals of the file system.</summary>
internal static class MaildirWatch
{
    public static async Task WaitFor(string folder, int count, Deadline deadline, string what, Func<string> detail)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var atMost = 0;

        // Files are counted only when there may be enough of them: counting all at every signal would take the square of them.
        void Look()
        {
            var there = Directory.EnumerateFiles(folder).Count();
            Volatile.Write(ref atMost, there);
            if (there >= count)
            {
                arrived.TrySetResult();
            }
        }

        void OneMore()
        {
            if (Interlocked.Increment(ref atMost) >= count)
            {
                Look();
            }
        }

        using var watcher = new FileSystemWatcher(folder);
        watcher.Created += (_, _) => OneMore();
        watcher.Renamed += (_, _) => OneMore();
        watcher.Error += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        Look();
        await deadline.Wait(arrived.Task, what, detail).ConfigureAwait(false);
    }
}
