using System.Diagnostics;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Telemetry;

/// <summary>
/// A provider whose every call is timed and is a span. The span is linked to what asked for the mail and is no child of it: minutes
/// or days may lie between them. Costs nothing while nobody takes either.
/// </summary>
internal sealed class ObservedProvider(IMailProvider provider, MailMetrics metrics, TimeProvider clock) : IMailProvider
{
    private const string SpanName = "mail.send";

    /// <summary>Stands for a status where the provider threw.</summary>
    private const string Faulted = "faulted";

    private static readonly ActivitySource Source = new(MailMetrics.SourceName);

    public string Name => provider.Name;

    public RetryLadder Ladder => provider.Ladder;

    public ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping) =>
        metrics.SendDuration.Enabled || Source.HasListeners() ? ObserveAsync(mail, stopping) : provider.SendAsync(mail, stopping);

    private async ValueTask<AttemptReport> ObserveAsync(OutboundMail mail, CancellationToken stopping)
    {
        using var span = Start(mail);
        var since = clock.GetTimestamp();
        var status = Faulted;
        try
        {
            var report = await provider.SendAsync(mail, stopping).ConfigureAwait(false);
            status = report.Status.Name();
            if (span is { IsAllDataRequested: true })
            {
                Describe(span, report);
            }

            return report;
        }
        catch (Exception why)
        {
            span?.SetStatus(ActivityStatusCode.Error, why.GetType().Name);
            throw;
        }
        finally
        {
            metrics.SendDuration.Record(
                clock.GetElapsedTime(since).TotalMilliseconds,
                new KeyValuePair<string, object?>(MailMetrics.ProviderTag, provider.Name),
                new KeyValuePair<string, object?>(MailMetrics.StatusTag, status));
        }
    }

    private Activity? Start(OutboundMail mail)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var isLinked = ActivityContext.TryParse(mail.TraceParent, traceState: null, isRemote: true, out var asked);
        if (isLinked && !asked.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
        {
            // Whoever asked decided that this mail is not traced.
            return null;
        }

        // Whatever ran on this thread's flow before is no parent.
        Activity.Current = null;
        var span = Source.StartActivity(SpanName, ActivityKind.Client, parentContext: default, tags: null, links: isLinked ? [new ActivityLink(asked)] : null);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("mail.delivery.id", mail.Id.Value);
            span.SetTag("mail.org.id", mail.Org.Value);
            span.SetTag("mail.attempt.no", mail.AttemptNo);
            span.SetTag("mail.provider", provider.Name);
        }

        return span;
    }

    /// <summary>Never the provider's words: they may hold an address.</summary>
    private static void Describe(Activity span, AttemptReport report)
    {
        span.SetTag("mail.attempt.status", report.Status.Name());
        if (report.ReplyCode != 0)
        {
            span.SetTag("mail.reply.code", report.ReplyCode);
        }

        if (report.RemoteHost is { } host)
        {
            span.SetTag("server.address", host);
        }

        if (report.Status != AttemptStatus.ProviderAccepted)
        {
            span.SetTag("error.type", report.Reason ?? report.Status.Name());
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
