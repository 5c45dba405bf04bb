namespace Mailroom.Data.Redis;

/// <summary>Why a call has no result.</summary>
public enum RedisFault
{
    /// <summary>No server answers at the address, or its name is unknown.</summary>
    Unreachable,

    /// <summary>No reply came in time.</summary>
    TimedOut,

    /// <summary>The connection broke before the reply.</summary>
    ConnectionLost,

    /// <summary>The server wants another password or another user.</summary>
    Credentials,

    /// <summary>TLS could not be agreed on, or the certificate is not accepted.</summary>
    Tls,

    /// <summary>The server is there and cannot serve yet: it loads its data, or has lost its master.</summary>
    NotReady,

    /// <summary>The server is a replica, and none of the configured ones is a master.</summary>
    NotMaster,

    /// <summary>As many calls as may wait are waiting.</summary>
    Overloaded,

    /// <summary>What came is no RESP or not the reply that the command has.</summary>
    Protocol,

    /// <summary>The server answered with an error.</summary>
    Error,

    /// <summary>The client was disposed of.</summary>
    Disposed,
}

/// <summary>A call to Redis failed. The message is for an operator and holds no secret.</summary>
public sealed class RedisException(RedisFault fault, string message, RedisError? error = null, Exception? cause = null) : Exception(message, cause)
{
    public RedisFault Fault { get; } = fault;

    /// <summary>The server's error, where it sent one.</summary>
    public RedisError? Error { get; } = error;

    /// <summary>The command was written to the connection and nothing is known of it: it may have run.</summary>
    public bool MayHaveRun { get; init; }

    /// <summary>We ended the connection, which is the only way to take back a call that waits at the server.</summary>
    public bool IsOurDoing { get; init; }
}

/// <summary>What is not RESP, or beyond the bounds.</summary>
internal sealed class RespException(string message) : Exception(message);
