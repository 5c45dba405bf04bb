using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Telemetry;

/// <summary>An intake whose accepted mails are counted; what was accepted before and is asked for again is not.</summary>
internal sealed class CountedIntake(IIntake intake, MailMetrics metrics) : IIntake
{
    public ValueTask<object> AcceptAsync(NewDelivery mail) => metrics.Accepted.Enabled ? CountAsync(mail) : intake.AcceptAsync(mail);

    private async ValueTask<object> CountAsync(NewDelivery mail)
    {
        var answer = await intake.AcceptAsync(mail).ConfigureAwait(false);
        if (answer is Accepted)
        {
            metrics.Accepted.Add(1, new KeyValuePair<string, object?>(MailMetrics.SourceTag, mail.Source));
        }

        return answer;
    }
}
