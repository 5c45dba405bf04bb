namespace Mailroom.Testing;

/// <summary>A folder of a test's own, removed with all that is in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const UnixFileMode ForEveryone =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode ForOthersToPass =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public string Path { get; } = Directory.CreateTempSubdirectory("mailroom-").FullName;

    /// <summary>Creates a folder in this one.</summary>
    public string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>
    /// Creates a folder that a server running as another user may write to, and opens this one for it to pass.
    /// Only for what is no secret: everyone on the machine can read it.
    /// </summary>
    public string FolderForEveryone(string name)
    {
        LetOthersPass();
        var folder = Folder(name);
        File.SetUnixFileMode(folder, ForEveryone);
        return folder;
    }

    /// <summary>Lets servers that run as another user reach what is in the folder.</summary>
    public void LetOthersPass() => File.SetUnixFileMode(Path, ForOthersToPass);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
