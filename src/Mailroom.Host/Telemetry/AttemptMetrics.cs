using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Host.Telemetry;

/// <summary>Counts what attempts lead to.</summary>
internal sealed class AttemptMetrics(MailMetrics metrics) : IAttemptEvents
{
    public void AttemptEnded(StartAttempt attempt, AttemptReport report) => Count(report.Status);

    public void Announced(Announce news)
    {
        if (news.Last is { } last && LostAttempt.IsTold(news))
        {
            Count(last);
        }

        // A retry is no end.
        if (news.NextAt is not null)
        {
            return;
        }

        if (news.Status == DeliveryStatus.DeadLetter)
        {
            metrics.DeadLetters.Add(1);
        }
        else if (news.Status == DeliveryStatus.Suppressed)
        {
            metrics.Suppressed.Add(1);
        }
    }

    /// <summary>It is told again, and was counted.</summary>
    public void ReportRefused(StartAttempt attempt, NotDone why)
    {
    }

    /// <summary>The attempt's end tells it.</summary>
    public void AttemptFaulted(DeliveryId delivery, Exception why)
    {
    }

    private void Count(AttemptStatus status) => metrics.Outcomes.Add(1, new KeyValuePair<string, object?>(MailMetrics.StatusTag, status.Name()));
}

/// <summary>Tells two of the same events.</summary>
internal sealed class BothAttemptEvents(IAttemptEvents first, IAttemptEvents second) : IAttemptEvents
{
    public void AttemptEnded(StartAttempt attempt, AttemptReport report)
    {
        first.AttemptEnded(attempt, report);
        second.AttemptEnded(attempt, report);
    }

    public void Announced(Announce news)
    {
        first.Announced(news);
        second.Announced(news);
    }

    public void ReportRefused(StartAttempt attempt, NotDone why)
    {
        first.ReportRefused(attempt, why);
        second.ReportRefused(attempt, why);
    }

    public void AttemptFaulted(DeliveryId delivery, Exception why)
    {
        first.AttemptFaulted(delivery, why);
        second.AttemptFaulted(delivery, why);
    }
}
