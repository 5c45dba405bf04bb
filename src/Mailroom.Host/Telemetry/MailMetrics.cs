using System.Diagnostics.Metrics;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Telemetry;

/// <summary>Mailroom's instruments. Their names are permanent.</summary>
internal sealed class MailMetrics : IDisposable
{
    /// <summary>The name of the meter and of the source of all spans.</summary>
    public const string SourceName = "Mailroom";

    public const string StatusTag = "status";
    public const string ProviderTag = "provider";
    public const string SourceTag = "source";
    public const string FailureCodeTag = "failure_code";

    private static readonly AttemptStatus[] Ends =
    [
        AttemptStatus.ProviderAccepted, AttemptStatus.ProviderRejected, AttemptStatus.TransportFailed, AttemptStatus.TimedOut,
        AttemptStatus.RenderFailed, AttemptStatus.Interrupted, AttemptStatus.Uncertain,
    ];

    public MailMetrics()
    {
        Meter = new Meter(SourceName);
        Outcomes = Meter.CreateCounter<long>("mail.attempt.outcomes", "{attempt}", "Attempts that ended, by how.");
        DeadLetters = Meter.CreateCounter<long>("mail.delivery.dead_letters", "{delivery}", "Deliveries that became dead letters.");
        Suppressed = Meter.CreateCounter<long>("mail.delivery.suppressed", "{delivery}", "Deliveries that ended suppressed.");
        Malformed = Meter.CreateCounter<long>("mail.stream_commands.malformed", "{entry}", "Entries of a command stream that were refused, by why.");
        StreamBatches = Meter.CreateCounter<long>("mail.stream_commands.batches", "{batch}", "Batches of stream entries that became durable.");
        Accepted = Meter.CreateCounter<long>("mail.intake.accepted", "{delivery}", "Mails that were accepted, by the intake they came by.");
        SendDuration = Meter.CreateHistogram(
            "mail.provider.send.duration_ms", "ms", "Calls of the provider, by provider and by how the attempt ended.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 30_000, 60_000],
            });
    }

    public Meter Meter { get; }

    public Counter<long> Outcomes { get; }

    public Counter<long> DeadLetters { get; }

    public Counter<long> Suppressed { get; }

    public Counter<long> Malformed { get; }

    public Counter<long> StreamBatches { get; }

    public Counter<long> Accepted { get; }

    public Histogram<double> SendDuration { get; }

    /// <summary>Makes the counters known at zero, so that the first one counted is seen as a rise. Call it once somebody listens.</summary>
    public void StartAtZero()
    {
        DeadLetters.Add(0);
        Suppressed.Add(0);
        Malformed.Add(0);
        StreamBatches.Add(0);
        foreach (var end in Ends)
        {
            Outcomes.Add(0, new KeyValuePair<string, object?>(StatusTag, end.Name()));
        }
    }

    public void Dispose() => Meter.Dispose();
}
