namespace Mailroom.Data.Redis;

/// <summary>The two connections of a node (003 "Redis clients for state access and blocking stream consumption"): what waits at the server never holds up what does not.</summary>
public sealed class RedisConnections : IAsyncDisposable
{
    /// <summary>Connects at first use.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public RedisConnections(RedisOptions options, IRedisEvents events, TimeProvider clock)
    {
        Commands = new(options, "commands", events, clock);
        Blocking = new(options, "blocking", events, clock);
    }

    /// <summary>For calls that are answered at once.</summary>
    public RedisClient Commands { get; }

    /// <summary>For calls that wait at the server, one at a time.</summary>
    public RedisClient Blocking { get; }

    /// <summary>For the start: makes both connections and has both answered, within 1 to 10 s (ten times the operation timeout).</summary>
    /// <exception cref="RedisException">One of them is not; the message says why.</exception>
    public Task PingAsync(CancellationToken cancel) => Task.WhenAll(Commands.PingAsync(cancel), Blocking.PingAsync(cancel));

    /// <summary>Ends both at once, in bounded time; calls under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await Blocking.DisposeAsync().ConfigureAwait(false);
        await Commands.DisposeAsync().ConfigureAwait(false);
    }
}
