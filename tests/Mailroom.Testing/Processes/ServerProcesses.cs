namespace Mailroom.Testing;

/// <summary>The processes of a server, found by the folder that they work in.</summary>
internal static class ServerProcesses
{
    /// <summary>Whether a process that lives has the folder as its working directory.</summary>
    public static bool WorkIn(string folder)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (char.IsAsciiDigit(Path.GetFileName(process)[0]) && new FileInfo(Path.Combine(process, "cwd")).LinkTarget == folder)
                {
                    return true;
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is another user's.
                continue;
            }
        }

        return false;
    }
}
