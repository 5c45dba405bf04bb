using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Mime;
using Mailroom.Mail.Smtp;

namespace Mailroom.Providers.Smtp;

/// <summary>Hands mail to a submission server. One connection carries one mail at a time, so at most one mail a connection can be uncertain (G2).</summary>
public sealed class SmtpProvider : IMailProvider, IAsyncDisposable
{
    private readonly SmtpConnectionPool _pool;

    /// <param name="network">Null: the real one.</param>
    /// <exception cref="SmtpArgumentException">A setting is out of range; names it.</exception>
    public SmtpProvider(SmtpSettings settings, RetryLadder ladder, TimeProvider clock, ISmtpNetwork? network = null)
    {
        _pool = new(settings, network, clock);
        Ladder = ladder;
    }

    public string Name => "smtp";

    public RetryLadder Ladder { get; }

    public async ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
    {
        try
        {
            var positions = mail.Recipients ?? Positions(mail.Request.RecipientCount);
            var envelope = Envelope(mail, positions);
            using var message = ComposedMail.Compose(mail);
            var result = await _pool.SendAsync(envelope, message.Bytes, stopping).ConfigureAwait(false);
            return ReplyClass.Classify(result, positions);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new() { Status = AttemptStatus.Interrupted, Reason = "shutting_down", Summary = "Broken off before the message was handed over." };
        }
        catch (MailFormatException why)
        {
            return new() { Status = AttemptStatus.RenderFailed, Reason = "invalid_message", Summary = why.Message };
        }
        catch (SmtpArgumentException why)
        {
            return new() { Status = AttemptStatus.ProviderRejected, Reason = "invalid_envelope", Summary = why.Message };
        }
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private static SmtpEnvelope Envelope(OutboundMail mail, IReadOnlyList<int> positions)
    {
        var recipients = new string[positions.Count];
        for (var i = 0; i < recipients.Length; i++)
        {
            recipients[i] = ComposedMail.Parse(mail.Request.Recipient(positions[i])).EnvelopeAddress;
        }

        return SmtpEnvelope.Create(ComposedMail.Parse(mail.Request.From).EnvelopeAddress, recipients);
    }

    private static int[] Positions(int count)
    {
        var positions = new int[count];
        for (var i = 0; i < count; i++)
        {
            positions[i] = i;
        }

        return positions;
    }
}
