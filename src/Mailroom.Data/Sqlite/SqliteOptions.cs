namespace Mailroom.Data.Sqlite;

/// <summary>A SQLite file for one node.</summary>
/// <param name="Path">The database file; its folder is made where missing. Beside it lie <c>-wal</c>, <c>-shm</c> and <c>.lock</c>.</param>
/// <param name="OperationTimeout">How long one read may take, from 10 ms; a commit gets five times as much.</param>
/// <param name="Readers">Connections for reads, 1 to 64.</param>
public sealed record SqliteOptions(string Path, TimeSpan OperationTimeout, int Readers = 4)
{
    internal TimeSpan CommitTimeout => OperationTimeout * 5;

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal SqliteOptions Validated()
    {
        if (string.IsNullOrWhiteSpace(Path) || Path == ":memory:")
        {
            throw new ArgumentException($"{nameof(Path)} is '{Path}': set it to a file.");
        }

        if (OperationTimeout < TimeSpan.FromMilliseconds(10) || OperationTimeout > TimeSpan.FromMinutes(10))
        {
            throw new ArgumentException($"{nameof(OperationTimeout)} is {OperationTimeout}: set it between 10 ms and 10 min.");
        }

        return Readers is < 1 or > 64 ? throw new ArgumentException($"{nameof(Readers)} is {Readers}: set it between 1 and 64.")
            : this with { Path = System.IO.Path.GetFullPath(Path) };
    }
}
