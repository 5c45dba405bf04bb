using Mailroom.Actors.Streams;
using Mailroom.Data.Redis;
using Mailroom.Host.Settings;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>The streams of commands and their connections to Redis.</summary>
internal sealed partial class CommandStreams : IAsyncDisposable
{
    private readonly List<RedisConnections> _connections = [];
    private readonly List<ICommandStream> _streams = [];

    private CommandStreams()
    {
    }

    /// <summary>One for each name of the settings; none where they name no server.</summary>
    public IReadOnlyList<ICommandStream> All => _streams;

    /// <summary>
    /// Connects, and has every connection answer a PING in bounded time (C06, D10). Each stream has two of its own: a read that waits
    /// for entries holds up no other stream and no other call.
    /// </summary>
    /// <exception cref="RedisException">A connection cannot be made, or is refused.</exception>
    public static async Task<CommandStreams> ConnectAsync(RedisSettings redis, StreamSettings streams, TimeProvider clock, ILogger log, CancellationToken cancel)
    {
        var all = new CommandStreams();
        if (redis.Master is not { } master)
        {
            return all;
        }

        var options = Options(redis, master);
        var events = new Events(log);
        foreach (var name in streams.Names)
        {
            var connections = new RedisConnections(options, events, clock);
            all._connections.Add(connections);
            all._streams.Add(new RedisCommandStream(connections, name));
        }

        try
        {
            await Task.WhenAll(all._connections.Select(connections => connections.PingAsync(cancel))).ConfigureAwait(false);
        }
        catch
        {
            await all.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        LogAnswers(log, master.ToString(), redis.Database);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connections in _connections)
        {
            await connections.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static RedisOptions Options(RedisSettings settings, HostPort master) => new()
    {
        Master = Address(master),
        Replicas = [.. settings.Replicas.Select(Address)],
        Password = settings.Password?.Reveal(),
        Database = settings.Database,
        OperationTimeout = settings.OperationTimeout,
        Tls = settings.Tls ? new RedisTls { InsecureSkipVerify = settings.InsecureSkipVerify } : null,
    };

    private static RedisAddress Address(HostPort server) => new(server.Host, server.Port);

    [LoggerMessage(150, LogLevel.Information, "redis: answers server={Server} db={Database}")]
    private static partial void LogAnswers(ILogger log, string server, int database);

    /// <summary>What becomes of the connections, as log lines. That none can be made is told by the consumer, once for each spell.</summary>
    private sealed partial class Events(ILogger log) : IRedisEvents
    {
        public void Connected(string client, RedisAddress server) => LogConnected(log, client, server.ToString());

        public void Lost(string client, RedisException cause) => LogLost(log, client, cause.Message);

        public void Unavailable(string client, RedisException cause, TimeSpan wait) => LogUnavailable(log, client, cause.Message, (long)wait.TotalMilliseconds);

        [LoggerMessage(151, LogLevel.Debug, "redis: connected client={Client} server={Server}")]
        private static partial void LogConnected(ILogger log, string client, string server);

        [LoggerMessage(152, LogLevel.Warning, "redis: connection lost client={Client} reason={Reason}")]
        private static partial void LogLost(ILogger log, string client, string reason);

        [LoggerMessage(153, LogLevel.Debug, "redis: no connection yet client={Client} reason={Reason} wait_ms={Wait}")]
        private static partial void LogUnavailable(ILogger log, string client, string reason, long wait);
    }
}
