namespace Mailroom.Data.Redis;

/// <summary>
/// What a new link says first: who it is, which database, and whether the server is a master that serves. RESP3 where the server speaks it
/// (Redis 6), else RESP2.
/// </summary>
internal sealed class RedisHandshake(RedisLink link, RedisOptions options, string name, TimeProvider clock)
{
    /// <exception cref="RedisException">The server cannot be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        await IntroduceAsync(cancel).ConfigureAwait(false);

        // Sent together: one round trip. PING is answered with LOADING for as long as no data can be had.
        var replies = await Task.WhenAll(
            options.Database == 0 ? Task.FromResult(default(RedisReply)) : SendAsync(RedisCommand.Of("SELECT", options.Database), cancel),
            SendAsync(RedisRole.Question, cancel),
            SendAsync(RedisCommand.Of("PING"), cancel)).ConfigureAwait(false);
        Accept("SELECT", replies[0]);
        if (RedisRole.IsReplica(replies[1]))
        {
            throw RedisFailure.NotMaster(link.Server);
        }

        // A server that cannot save its data answers PING so, and still serves reads: the intake goes on.
        if (replies[2].Error is not { Prefix: "MISCONF" })
        {
            Accept("PING", replies[2]);
        }
    }

    private async Task IntroduceAsync(CancellationToken cancel)
    {
        RedisCommand hello = options.Password is { } password
            ? RedisCommand.Of("HELLO", 3, "AUTH", options.Username ?? "default", password, "SETNAME", ClientName)
            : RedisCommand.Of("HELLO", 3, "SETNAME", ClientName);
        var reply = await SendAsync(hello, cancel).ConfigureAwait(false);
        switch (reply.Error)
        {
            case null:
                return;
            case { Prefix: "NOPROTO" }:
            case { Prefix: "ERR" } error when error.Message.StartsWith("unknown command", StringComparison.OrdinalIgnoreCase):
                await IntroduceInTheOldWayAsync(cancel).ConfigureAwait(false);
                return;
            default:
                throw RedisFailure.Refused(link.Server, "HELLO", reply.Error);
        }
    }

    private async Task IntroduceInTheOldWayAsync(CancellationToken cancel)
    {
        if (options.Password is { } password)
        {
            var auth = options.Username is { } user ? RedisCommand.Of("AUTH", user, password) : RedisCommand.Of("AUTH", password);
            if ((await SendAsync(auth, cancel).ConfigureAwait(false)).Error is { } refused)
            {
                throw RedisFailure.Refused(link.Server, "AUTH", refused);
            }
        }

        Accept("CLIENT", await SendAsync(RedisCommand.Of("CLIENT", "SETNAME", ClientName), cancel).ConfigureAwait(false));
    }

    private string ClientName => $"{options.ClientName}:{name}";

    private void Accept(string command, in RedisReply reply)
    {
        if (reply.Error is { } error)
        {
            throw RedisFailure.Answered(link.Server, command, error);
        }
    }

    private Task<RedisReply> SendAsync(RedisCommand command, CancellationToken cancel)
    {
        var call = new RedisCall(command, options.ConnectTimeout, clock);
        return link.TrySend(call) switch
        {
            RedisLink.Sending.Sent => call.Task.WaitAsync(cancel),
            RedisLink.Sending.Ended => throw RedisFailure.Lost(link.Server, "it ended before it could be used."),
            RedisLink.Sending.Full => throw RedisFailure.Full(link.Server),
            var unknown => throw new InvalidOperationException($"A link answered {unknown}, which the handshake does not know."),
        };
    }
}
