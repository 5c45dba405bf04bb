using Mailroom.Actors.Streams;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>The command consumers of this node, one for each stream whose shard it owns.</summary>
internal sealed partial class Consumers(ILogger log) : IDisposable
{
    private readonly List<CommandConsumer> _running = [];

    public void Start(IReadOnlyList<ICommandStream> streams, Func<ICommandStream, CommandConsumer?> consumerOf)
    {
        if (streams.Count == 0)
        {
            LogOff(log);
            return;
        }

        LogStarting(log, string.Join(',', streams.Select(stream => stream.Name)));
        foreach (var stream in streams)
        {
            if (consumerOf(stream) is { } consumer)
            {
                _running.Add(consumer);
                consumer.Start();
            }
        }
    }

    /// <summary>Reads no more and lets the batches under way become durable, <paramref name="within"/> at most.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        var clean = await Task.WhenAll(_running.Select(consumer => consumer.StopAsync(within))).ConfigureAwait(false);
        if (_running.Count > 0)
        {
            LogStopped(log, Array.TrueForAll(clean, ended => ended));
        }
    }

    public void Dispose() => _running.ForEach(consumer => consumer.Dispose());

    [LoggerMessage(160, LogLevel.Information, "command consumer: starting stream={Streams}")]
    private static partial void LogStarting(ILogger log, string streams);

    [LoggerMessage(161, LogLevel.Information, "command consumer: off, MAIL_REDIS_MASTER_ADDR is not set")]
    private static partial void LogOff(ILogger log);

    [LoggerMessage(162, LogLevel.Information, "command consumer: stopped clean={Clean}")]
    private static partial void LogStopped(ILogger log, bool clean);
}
