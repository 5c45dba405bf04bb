namespace Mailroom.Mail.Smtp;

/// <summary>Collects the replies of one transaction and says what they, and a failure in between, mean for each recipient.</summary>
internal sealed class SmtpVerdict(SmtpSend send)
{
    private readonly SmtpRecipientResult[] _recipients = send.NotReached();
    private SmtpReply? _final;

    public SmtpReply? Mail { get; private set; }
    public SmtpReply? Data { get; private set; }
    public bool FinalDotBegun { get; set; }

    public bool MailTaken => Mail is { IsPositive: true };

    public bool AnyRecipientTaken { get; private set; }

    /// <summary>MAIL was taken and no reply to a final dot has ended the transaction.</summary>
    public bool LeavesTransactionOpen => MailTaken && _final is null;

    public void TakeMail(SmtpReply reply)
    {
        RefuseClosing(reply, SmtpPhase.Mail);
        RefuseUnless(!reply.IsIntermediate, reply, SmtpPhase.Mail);
        Mail = reply;
    }

    /// <summary>After a MAIL that was refused the replies to RCPT only say so again; they are read to stay in step.</summary>
    public void TakeRcpt(int index, SmtpReply reply)
    {
        RefuseClosing(reply, SmtpPhase.Rcpt);
        RefuseUnless(!reply.IsIntermediate, reply, SmtpPhase.Rcpt);
        if (MailTaken)
        {
            Decide(index, reply);
            AnyRecipientTaken |= reply.IsPositive;
        }
    }

    public void TakeData(SmtpReply reply)
    {
        RefuseClosing(reply, SmtpPhase.Data);
        RefuseUnless(reply.Code == 354 || !(reply.IsPositive || reply.IsIntermediate), reply, SmtpPhase.Data);
        Data = reply;
        if (!reply.IsIntermediate)
        {
            DecideTaken(reply);
        }
    }

    /// <summary>A reply that came before the final dot was begun can only refuse; the connection is out of step after it.</summary>
    public void TakeEarly(SmtpReply reply)
    {
        RefuseClosing(reply, SmtpPhase.Message);
        RefuseUnless(reply.IsTransient || reply.IsPermanent, reply, SmtpPhase.Message);
        Data = reply;
        DecideTaken(reply);
        throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Message, "The server refused the message before its end.", reply);
    }

    /// <summary>The reply to the final dot decides whatever it is, 421 included; only 3xx is no reply to a dot.</summary>
    public void TakeFinal(SmtpReply reply)
    {
        RefuseUnless(!reply.IsIntermediate, reply, SmtpPhase.FinalDot);
        _final = reply;
        DecideTaken(reply);
        RefuseClosing(reply, SmtpPhase.FinalDot);
    }

    /// <summary>The result, of a transaction that ended or of one that <paramref name="failure"/> ended.</summary>
    public SmtpResult Conclude(SmtpFailureException? failure = null)
    {
        if (Mail is { IsPositive: false })
        {
            DecideAll(Mail);
            return Refused(Mail, SmtpPhase.Mail, Mail.IsTransient);
        }
        if (failure is not null && _final is null)
        {
            if (failure.Reply is { IsClosing: true })
            {
                DecideOpen(failure.Reply);
            }
            else if (FinalDotBegun)
            {
                return Uncertain(failure);
            }
            else if (LeaveOpen())
            {
                return send.Result(failure.Outcome, failure.Phase, failure.Message, failure.Reply, _recipients);
            }
        }
        return Combine(failure);
    }

    private SmtpResult Combine(SmtpFailureException? failure)
    {
        var accepted = 0;
        SmtpReply? deferred = null;
        SmtpReply? rejected = null;
        foreach (var recipient in _recipients)
        {
            accepted += recipient.Outcome == SmtpRecipientOutcome.Accepted ? 1 : 0;
            deferred ??= recipient.Outcome == SmtpRecipientOutcome.Deferred ? recipient.Reply : null;
            rejected ??= recipient.Outcome == SmtpRecipientOutcome.Rejected ? recipient.Reply : null;
        }
        if (accepted == _recipients.Length)
        {
            return send.Result(SmtpOutcome.Accepted, SmtpPhase.FinalDot, "The server took the message.", _final, _recipients, finalDotSent: true);
        }
        if (accepted > 0)
        {
            return send.Result(SmtpOutcome.PartiallyAccepted, SmtpPhase.FinalDot, "The server took the message for some recipients only.", _final, _recipients, finalDotSent: true);
        }
        // A mail that a later attempt can bring to one recipient is worth the attempt.
        var deciding = deferred ?? rejected ?? throw new InvalidOperationException("A transaction ended with no reply that decides.", failure);
        return Refused(deciding, PhaseOf(deciding, failure), deferred is not null);
    }

    private SmtpResult Refused(SmtpReply reply, SmtpPhase phase, bool forNow)
    {
        var (outcome, detail) = forNow ? (SmtpOutcome.Deferred, "The server refused the message for now.")
            : reply.Code is 530 or 535 ? (SmtpOutcome.AuthenticationFailed, "The server wants other credentials than it was shown.")
            : (SmtpOutcome.Rejected, "The server refused the message for good.");
        return send.Result(outcome, phase, detail, reply, _recipients, FinalDotBegun);
    }

    private SmtpResult Uncertain(SmtpFailureException failure)
    {
        for (var i = 0; i < _recipients.Length; i++)
        {
            if (_recipients[i].Outcome == SmtpRecipientOutcome.Accepted)
            {
                _recipients[i] = _recipients[i] with { Outcome = SmtpRecipientOutcome.Uncertain, Reply = null };
            }
        }
        return send.Result(SmtpOutcome.Uncertain, SmtpPhase.FinalDot,
            $"{failure.Message} The message was already sent; whether the server keeps it is not known.", failure.Reply, _recipients, finalDotSent: true);
    }

    private SmtpPhase PhaseOf(SmtpReply reply, SmtpFailureException? failure) =>
        ReferenceEquals(reply, _final) ? SmtpPhase.FinalDot
        : ReferenceEquals(reply, failure?.Reply) ? failure.Phase
        : ReferenceEquals(reply, Data) ? SmtpPhase.Data
        : SmtpPhase.Rcpt;

    /// <summary>Recipients that the server had taken are not reached after all. True: at least one recipient has no reply.</summary>
    private bool LeaveOpen()
    {
        var any = false;
        for (var i = 0; i < _recipients.Length; i++)
        {
            if (_recipients[i].Outcome is SmtpRecipientOutcome.Accepted or SmtpRecipientOutcome.NotReached)
            {
                _recipients[i] = new SmtpRecipientResult(_recipients[i].Address, SmtpRecipientOutcome.NotReached, null);
                any = true;
            }
        }
        return any;
    }

    private void DecideAll(SmtpReply reply)
    {
        for (var i = 0; i < _recipients.Length; i++)
        {
            Decide(i, reply);
        }
    }

    /// <summary>The reply counts for every recipient that the server took.</summary>
    private void DecideTaken(SmtpReply reply)
    {
        for (var i = 0; i < _recipients.Length; i++)
        {
            if (_recipients[i].Outcome == SmtpRecipientOutcome.Accepted)
            {
                Decide(i, reply);
            }
        }
    }

    /// <summary>The reply counts for every recipient that is not refused already.</summary>
    private void DecideOpen(SmtpReply reply)
    {
        for (var i = 0; i < _recipients.Length; i++)
        {
            if (_recipients[i].Outcome is SmtpRecipientOutcome.Accepted or SmtpRecipientOutcome.NotReached)
            {
                Decide(i, reply);
            }
        }
    }

    private void Decide(int index, SmtpReply reply) => _recipients[index] = _recipients[index] with
    {
        Outcome = reply.IsPositive ? SmtpRecipientOutcome.Accepted
            : reply.IsTransient || IsTooManyRecipients(reply) ? SmtpRecipientOutcome.Deferred
            : SmtpRecipientOutcome.Rejected,
        Reply = reply,
    };

    /// <summary>
    /// RFC 821 gave 552 for too many recipients, and RFC 5321 section 4.5.3.1.10 has clients take it for 452 there: those
    /// that were taken get the mail, the rest a later attempt. A full mailbox or a mail too large is 552 too and stays permanent.
    /// </summary>
    private bool IsTooManyRecipients(SmtpReply reply) => reply.Code == 552 && AnyRecipientTaken && Data is null
        && (reply.EnhancedCode is { Subject: 5, Detail: 3 } || reply.Text.Contains("too many recipients", StringComparison.OrdinalIgnoreCase));

    private static void RefuseClosing(SmtpReply reply, SmtpPhase phase)
    {
        if (reply.IsClosing)
        {
            throw new SmtpFailureException(SmtpOutcome.Deferred, phase, "The server is closing the connection.", reply);
        }
    }

    private static void RefuseUnless(bool fits, SmtpReply reply, SmtpPhase phase)
    {
        if (!fits)
        {
            throw new SmtpFailureException(SmtpOutcome.ProtocolError, phase, $"The server answered {reply.Code} in {phase}; replies and commands are out of step.", reply);
        }
    }
}
