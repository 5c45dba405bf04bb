using Mailroom.Actors;
using Mailroom.Actors.Streams;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>Starts and stops the intake from command streams, and says so. Which streams a node reads follows its shards.</summary>
internal sealed partial class Consumers(ILogger log)
{
    private MailroomNode? _node;

    public void Start(IReadOnlyList<ICommandStream> streams, MailroomNode node, Action<ICommandStream> add)
    {
        if (streams.Count == 0)
        {
            LogOff(log);
            return;
        }

        LogStarting(log, string.Join(',', streams.Select(stream => stream.Name)));
        foreach (var stream in streams)
        {
            add(stream);
        }

        node.StartStreams();
        _node = node;
    }

    /// <summary>Reads no more and lets the batches under way become durable, <paramref name="within"/> at most.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        if (_node is { } node)
        {
            LogStopped(log, await node.StopStreamsAsync(within).ConfigureAwait(false));
        }
    }

    [LoggerMessage(160, LogLevel.Information, "command consumer: starting stream={Streams}")]
    private static partial void LogStarting(ILogger log, string streams);

    [LoggerMessage(161, LogLevel.Information, "command consumer: off, MAIL_REDIS_MASTER_ADDR is not set")]
    private static partial void LogOff(ILogger log);

    [LoggerMessage(162, LogLevel.Information, "command consumer: stopped clean={Clean}")]
    private static partial void LogStopped(ILogger log, bool clean);
}
