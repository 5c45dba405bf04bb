using System.Diagnostics;

namespace Mailroom.Host.Telemetry;

/// <summary>What the intake from command streams counts and traces.</summary>
internal sealed class StreamTelemetry(MailMetrics metrics)
{
    private const string SpanName = "mail.stream.batch";

    /// <summary>Links of one span; the specification's own default.</summary>
    private const int MostLinks = 128;

    private static readonly ActivitySource Source = new(MailMetrics.SourceName);

    /// <summary>An entry was refused and recorded.</summary>
    /// <param name="failureCode">One of the few permanent codes.</param>
    public void Malformed(string failureCode) => metrics.Malformed.Add(1, new KeyValuePair<string, object?>(MailMetrics.FailureCodeTag, failureCode));

    /// <summary>A batch became durable.</summary>
    /// <param name="source">The intake that its mails are stored under.</param>
    public void Committed(string source, int accepted)
    {
        metrics.StreamBatches.Add(1);
        if (accepted > 0)
        {
            metrics.Accepted.Add(accepted, new KeyValuePair<string, object?>(MailMetrics.SourceTag, source));
        }
    }

    /// <summary>The span of one batch, linked to what asked for its mails. Null while nobody takes traces; dispose it once the batch is durable.</summary>
    /// <param name="traceParents">The entries' own, as they gave them; null or wrong ones are passed over.</param>
    public static Activity? Batch(string stream, int entries, IEnumerable<string?> traceParents)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity.Current = null;
        var span = Source.StartActivity(SpanName, ActivityKind.Consumer, parentContext: default, tags: null, links: Links(traceParents));
        span?.SetTag("messaging.system", "redis");
        span?.SetTag("messaging.destination.name", stream);
        span?.SetTag("messaging.batch.message_count", entries);
        return span;
    }

    private static List<ActivityLink> Links(IEnumerable<string?> traceParents)
    {
        var links = new List<ActivityLink>();
        foreach (var traceParent in traceParents)
        {
            if (links.Count < MostLinks && ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var asked))
            {
                links.Add(new ActivityLink(asked));
            }
        }

        return links;
    }
}
