using System.Globalization;

namespace Mailroom.Testing;

/// <summary>A file system of a few megabytes that a test may fill. Mounted in memory, which takes root, or sudo without a password.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private const int Block = 4096;

    private readonly TemporaryFolder _folder = new();

    private SmallDisk() => Path = _folder.Folder("disk");

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <param name="megabytes">Its size.</param>
    /// <param name="forPostgres">It belongs to the user whom PostgreSQL runs as, else to the test's.</param>
    /// <exception cref="InvalidOperationException">The machine lets nobody mount one.</exception>
    public static async Task<SmallDisk> Create(int megabytes, bool forPostgres = false)
    {
        var disk = new SmallDisk();
        disk._folder.LetOthersPass();
        var owner = forPostgres && Environment.IsPrivilegedProcess ? "postgres" : Unix.EffectiveUserId().ToString(CultureInfo.InvariantCulture);
        var options = string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,mode=700,uid={owner}");
        var (code, output) = await AsRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.Path).ConfigureAwait(false);
        if (code != 0)
        {
            disk._folder.Dispose();
            throw new InvalidOperationException($"A test of a full disk needs a machine on which root may mount a tmpfs ({code}): {output}");
        }

        return disk;
    }

    /// <summary>Takes all the room there is.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[Block];
        try
        {
            while (true)
            {
                ballast.Write(block);
            }
        }
        catch (IOException)
        {
            // No space left on device: that was the wish.
            return;
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void MakeRoom() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        var (code, output) = await AsRoot("umount", Path).ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException($"{Path} could not be unmounted ({code}), somebody still has a file there open: {output}");
        }

        _folder.Dispose();
    }

    private static Task<(int ExitCode, string Output)> AsRoot(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? ChildProcess.Run(Executable.Find(program), arguments)
        : ChildProcess.Run(Executable.Find("sudo"), ["-n", "--", program, .. arguments]);
}
