namespace Mailroom.Data.Sqlite;

/// <summary>A lock file held for as long as the store is open. The system lets go of it when the process dies, however it dies.</summary>
internal sealed class FileClaim : IDisposable
{
    private readonly FileStream _file;

    private FileClaim(FileStream file) => _file = file;

    /// <exception cref="StoreInUseException">Another process, or another store of this one, has the file.</exception>
    public static FileClaim Take(string database)
    {
        var path = database + ".lock";
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new StoreInUseException(database, taken);
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>The SQLite file belongs to another process. It takes one at a time.</summary>
public sealed class StoreInUseException(string path, Exception cause) : Exception(
    $"The database {path} is in use by another process: stop that one, or use PostgreSQL to run several nodes.", cause);
