namespace Mailroom.Testing;

/// <summary>Finds the programs that tests start.</summary>
public static class Executable
{
    /// <summary>The path of a program. System folders are searched too: they are missing from many users' PATH.</summary>
    /// <exception cref="FileNotFoundException">It is not installed.</exception>
    public static string Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var folder in folders.Concat(["/usr/sbin", "/usr/local/sbin", "/sbin"]))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException($"{name} is not installed. Run ./test, which installs what the tests need.", name);
    }
}
