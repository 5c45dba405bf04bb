using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Mailroom.Data.Redis;

/// <summary>Failures in an operator's words: what, why, and what to look at.</summary>
internal static class RedisFailure
{
    public static RedisException TimedOut(RedisAddress server, string command, TimeSpan timeout) =>
        new(RedisFault.TimedOut, string.Create(CultureInfo.InvariantCulture, $"Redis at {server} did not answer {command} within {timeout.TotalMilliseconds:0} ms.")) { MayHaveRun = true };

    public static RedisException StoppedAnswering(RedisAddress server) =>
        new(RedisFault.TimedOut, $"Redis at {server} stopped answering; the connection is given up.") { MayHaveRun = true };

    public static RedisException Lost(RedisAddress server, string why, Exception? cause = null) =>
        new(RedisFault.ConnectionLost, $"The connection to Redis at {server} was lost: {why}", cause: cause) { MayHaveRun = true };

    public static RedisException TakenBack(RedisAddress server) =>
        new(RedisFault.ConnectionLost, $"The connection to Redis at {server} was ended, because a call that waited there was taken back.") { MayHaveRun = true, IsOurDoing = true };

    public static RedisException NotResp(RedisAddress server, string found) =>
        new(RedisFault.Protocol, $"What answers at {server} sent {found}. Is it Redis, and is TLS set on both sides or on none?") { MayHaveRun = true };

    public static RedisException Full(RedisAddress server) =>
        new(RedisFault.Overloaded, $"As many calls as may wait for Redis at {server} are waiting. It answers too slowly for what is asked of it.");

    public static RedisException Disposed() => new(RedisFault.Disposed, "The connection to Redis is closed: Mailroom is stopping.") { MayHaveRun = true };

    public static RedisException NotMaster(RedisAddress server) =>
        new(RedisFault.NotMaster, $"Redis at {server} is a replica. Set MAIL_REDIS_MASTER_ADDR to the master, and MAIL_REDIS_REPLICA_ADDRS to the servers that may become one.")
        {
            MayHaveRun = true,
        };

    /// <summary>An error to a command.</summary>
    public static RedisException Answered(RedisAddress server, string command, RedisError error) => new(
        error.Prefix switch
        {
            "LOADING" or "MASTERDOWN" => RedisFault.NotReady,
            "NOAUTH" or "WRONGPASS" => RedisFault.Credentials,
            "READONLY" => RedisFault.NotMaster,
            _ => RedisFault.Error,
        },
        error.Prefix switch
        {
            "LOADING" => $"Redis at {server} is still loading its data.",
            "MASTERDOWN" => $"Redis at {server} has lost its master.",
            "NOAUTH" => $"Redis at {server} asks for a password. Set MAIL_REDIS_PASSWORD.",
            "WRONGPASS" => $"Redis at {server} does not accept the password. Set MAIL_REDIS_PASSWORD to the server's.",
            "NOPERM" => $"The user may not run {command} on Redis at {server} ({error.Message}).",
            "READONLY" => $"Redis at {server} is a replica and takes no writes.",
            "MISCONF" => $"Redis at {server} takes no writes because it cannot save its data: look at its log and its disk.",
            "OOM" => $"Redis at {server} takes no writes because its memory is full: raise maxmemory or trim the stream.",
            "BUSY" => $"Redis at {server} is busy running a script.",
            "MOVED" or "CROSSSLOT" or "CLUSTERDOWN" => $"Redis at {server} is part of a cluster, which is not supported: name a single master ({error.Prefix}).",
            _ => $"Redis at {server} answered {command} with {error}.",
        },
        error);

    /// <summary>An error to a command whose arguments hold the password: an error may repeat them, so only its prefix is told.</summary>
    public static RedisException Refused(RedisAddress server, string command, RedisError error) => error.Prefix switch
    {
        "NOAUTH" or "WRONGPASS" or "LOADING" or "MASTERDOWN" => Answered(server, command, error with { Message = "" }),
        _ => new(
            RedisFault.Credentials,
            $"Redis at {server} does not accept {command} ({error.Prefix}): look at MAIL_REDIS_PASSWORD and at the server's users.",
            new(error.Prefix, "")),
    };

    /// <summary>What stood in the way of a connection.</summary>
    public static RedisException? Unreachable(RedisAddress server, Exception failure, bool isStopping, TimeSpan timeout) => failure switch
    {
        RedisException known => known,
        OperationCanceledException when isStopping => null,
        OperationCanceledException => new(
            RedisFault.Unreachable, string.Create(CultureInfo.InvariantCulture, $"Redis at {server} could not be connected to within {timeout.TotalMilliseconds:0} ms."), cause: failure),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => new(
            RedisFault.Unreachable, $"Redis cannot be reached: the name of {server} does not resolve. Look at MAIL_REDIS_MASTER_ADDR.", cause: failure),
        SocketException => new(RedisFault.Unreachable, $"Redis at {server} cannot be reached: {failure.Message}. Is it running, and is MAIL_REDIS_MASTER_ADDR right?", cause: failure),
        AuthenticationException => new(RedisFault.Tls, $"TLS with Redis at {server} failed: {failure.InnerException?.Message ?? failure.Message}", cause: failure),
        IOException => new(RedisFault.ConnectionLost, $"Redis at {server} closed the connection before it could be used: {failure.Message}", cause: failure),
        _ => null,
    };
}
