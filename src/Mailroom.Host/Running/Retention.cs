using Mailroom.Actors;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Retention;
using Mailroom.Host.Settings;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>Starts the retention worker and says in the log what it does.</summary>
internal sealed partial class Retention(ILogger log) : IRetentionEvents
{
    private const string Name = "SQL retention worker";

    /// <summary>The node that owns this shard cleans up for all.</summary>
    private const int DutyShard = 0;

    public static WorkerLoop Start(IRetention store, RetentionSettings settings, MailroomNode node, ILogger log)
    {
        LogStarting(log, settings.Deliveries, settings.MalformedCommands, settings.Interval);
        var options = new RetentionOptions(settings.Deliveries, settings.MalformedCommands, settings.Interval);
        var worker = new RetentionWorker(store, options, () => node.EpochOf(DutyShard) != 0, node.Clock, Random.Shared.NextDouble, new Retention(log));
        return new WorkerLoop(Name, worker.RunAsync, node.Clock, log);
    }

    public void PassEnded(RetentionPass pass) => LogPass(log, pass.Deliveries, pass.Malformed, pass.Keys, (long)pass.Duration.TotalMilliseconds);

    public void StoreFailed(Exception why) => LogStoreFailed(log, why.Message);

    public void PassFaulted(Exception why) => LogFaulted(log, why);

    [LoggerMessage(140, LogLevel.Information, Name + ": starting deliveries={Deliveries} malformed={Malformed} interval={Interval}")]
    private static partial void LogStarting(ILogger log, TimeSpan deliveries, TimeSpan malformed, TimeSpan interval);

    [LoggerMessage(141, LogLevel.Information, Name + ": pass ended deliveries={Deliveries} malformed={Malformed} keys={Keys} ms={Milliseconds}")]
    private static partial void LogPass(ILogger log, long deliveries, long malformed, long keys, long milliseconds);

    [LoggerMessage(142, LogLevel.Warning, Name + ": the store does not answer, the pass waits reason={Reason}")]
    private static partial void LogStoreFailed(ILogger log, string reason);

    [LoggerMessage(143, LogLevel.Error, Name + ": the pass failed inside Mailroom, the next one tries again")]
    private static partial void LogFaulted(ILogger log, Exception why);
}
