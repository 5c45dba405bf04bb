using System.Net.Sockets;
using Mailroom.Actors.Kernel;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>
/// Tells what is wrong with the data from what is wrong with the store. Only the first is blamed on a change, so whatever is
/// not known to be about data (a missing table, a lost permission) counts as the store's.
/// </summary>
internal static class PostgresFailure
{
    /// <summary>SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded.</summary>
    public static bool IsAboutData(Exception failure) => failure is PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] };

    /// <summary>What the caller is to see in place of <paramref name="failure"/>, or null where it is to see that itself.</summary>
    public static StoreUnavailableException? Unavailable(Exception failure, string doing, CancellationToken asked) => failure switch
    {
        StoreUnavailableException => null,
        OperationCanceledException when asked.IsCancellationRequested => null,
        PostgresException refused when IsAboutData(refused) => null,
        PostgresException refused => new($"PostgreSQL refused {doing}: {refused.SqlState} {refused.MessageText}", failure),
        OperationCanceledException or TimeoutException => new($"PostgreSQL did not answer in time while {doing}.", failure),
        NpgsqlException { InnerException: TimeoutException } => new($"PostgreSQL did not answer in time while {doing}.", failure),
        NpgsqlException or SocketException or IOException => new($"PostgreSQL cannot be reached for {doing}: {failure.GetBaseException().Message}", failure),
        _ => null,
    };
}
