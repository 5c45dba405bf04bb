using System.Net;

namespace Mailroom.Mail.Smtp;

/// <summary>One mail on its way: what was asked, and what is told whatever becomes of it.</summary>
internal sealed class SmtpSend(
    SmtpSettings settings, SmtpEnvelope envelope, ReadOnlyMemory<byte> message, TimeProvider time, CancellationToken cancel)
{
    private SmtpConversation? _conversation;

    public SmtpEnvelope Envelope { get; } = envelope;
    public ReadOnlyMemory<byte> Message { get; } = message;
    public MessageScan Scan { get; } = MessageScan.Of(message.Span);
    public CancellationToken Cancel { get; } = cancel;

    /// <summary>The clock's timestamp at which the send began.</summary>
    public long Start { get; } = time.GetTimestamp();
    public SmtpConversation Conversation => _conversation ??= new SmtpConversation(time, Start);
    public IPEndPoint? Remote { get; set; }
    public bool Reused { get; set; }

    public SmtpResult Result(
        SmtpOutcome outcome, SmtpPhase phase, string detail, SmtpReply? reply = null, SmtpRecipientResult[]? recipients = null, bool finalDotSent = false) => new()
        {
            Outcome = outcome,
            Phase = phase,
            Reply = reply,
            Detail = detail,
            Recipients = recipients ?? NotReached(),
            FinalDotSent = finalDotSent,
            RemoteHost = settings.Host,
            RemoteAddress = Remote,
            ConnectionReused = Reused,
            Conversation = Conversation,
        };

    public SmtpResult Result(SmtpFailureException failure) => Result(failure.Outcome, failure.Phase, failure.Message, failure.Reply);

    public SmtpRecipientResult[] NotReached()
    {
        var results = new SmtpRecipientResult[Envelope.Recipients.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = new SmtpRecipientResult(Envelope.Recipients[i], SmtpRecipientOutcome.NotReached, null);
        }
        return results;
    }
}
