using Mailroom.Actors.Kernel;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mailroom.Data.Sqlite;

/// <summary>
/// Tells what is wrong with the data from what is wrong with the store. Only the first is blamed on a change, so whatever is
/// not known to be about data counts as the store's.
/// </summary>
internal static class SqliteFailure
{
    /// <summary>The part of a result code that says what kind it is.</summary>
    private const int PrimaryCode = 0xff;

    public static SqliteException Of(sqlite3 database, int result) =>
        new($"SQLite error {result}: {raw.sqlite3_errmsg(database).utf8_to_string()}", result & PrimaryCode, result);

    public static StoreUnavailableException? Unavailable(Exception failure, string doing) => failure switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH } => null,
        SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT } => new($"The database file did not answer in time while {doing}.", failure),
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => new($"The disk of the database file is full, found while {doing}: make room.", failure),
        SqliteException => new($"The database file failed while {doing}: {failure.Message}", failure),
        _ => null,
    };
}
