namespace Mailroom.Providers.Templates;

/// <summary>Follows every symbolic link of a path, also those in its middle.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <exception cref="IOException">More than 40 links, so most likely a circle of them.</exception>
    public static string Of(string path)
    {
        var links = 0;
        var pending = new Stack<string>();
        Push(pending, Path.GetFullPath(path), out var real);
        while (pending.TryPop(out var name))
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException($"'{path}' leads through more than {MaxLinks} symbolic links.");
            }

            if (Push(pending, target, out var root))
            {
                real = root;
            }
        }

        return real;
    }

    /// <summary>Whether <paramref name="path"/>, real itself, is the real directory or lies below it.</summary>
    public static bool IsWithin(string directory, string path) =>
        path == directory || path.StartsWith(directory.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool Push(Stack<string> pending, string path, out string root)
    {
        root = Path.GetPathRoot(path) ?? "";
        var names = path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names.Reverse().Where(name => name != "."))
        {
            pending.Push(name);
        }

        return root.Length > 0;
    }
}
