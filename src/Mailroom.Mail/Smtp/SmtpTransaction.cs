using System.Runtime.CompilerServices;

namespace Mailroom.Mail.Smtp;

/// <summary>One mail over an open connection: MAIL, RCPT, DATA, the message (RFC 5321 section 3.3), pipelined where offered (RFC 2920).</summary>
internal sealed class SmtpTransaction(SmtpConnection connection, SmtpSend send)
{
    /// <summary>
    /// Recipients written before their replies are read. More could fill both sides' buffers with nobody reading
    /// (RFC 2920 section 3.1).
    /// </summary>
    private const int Window = 64;

    private readonly SmtpChannel _channel = connection.Channel;
    private readonly SmtpVerdict _verdict = new(send);

    /// <summary>
    /// Runs the mail to its result. Null: the connection had carried mail before, and the server gave it up before it
    /// answered this MAIL; the mail is as it was and may go over a new connection.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller canceled before the final dot was begun.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SmtpResult?> RunAsync()
    {
        if (SmtpRequirements.Unmet(send, connection.Capabilities) is { } lack)
        {
            return send.Result(SmtpOutcome.UnsupportedByServer, SmtpPhase.Mail, lack);
        }
        connection.BeginMail();
        try
        {
            await ExchangeAsync().ConfigureAwait(false);
            connection.NeedsReset = _verdict.LeavesTransactionOpen;
            // A server that limits its mails by connection and does not say so with 421 would refuse every further mail here.
            connection.IsWornOut |= send.Reused && _verdict.Mail is { IsTransient: true };
            connection.EndMail();
            return _verdict.Conclude();
        }
        catch (SmtpFailureException failure)
        {
            var gaveUp = failure.Outcome == SmtpOutcome.ConnectionLost || failure.Phase == SmtpPhase.Reset || failure.Reply is { IsClosing: true };
            return send.Reused && gaveUp && _verdict.Mail is null ? null : _verdict.Conclude(failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ExchangeAsync()
    {
        var envelope = connection.Capabilities.Pipelining ? PipelinedEnvelopeAsync() : SteppedEnvelopeAsync();
        await envelope.ConfigureAwait(false);
        if (_verdict.Data is not { IsIntermediate: true })
        {
            return;
        }
        if (_verdict.AnyRecipientTaken)
        {
            await SendMessageAsync().ConfigureAwait(false);
        }
        else
        {
            await EndEmptyDataAsync().ConfigureAwait(false);
        }
    }

    // ---- envelope

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PipelinedEnvelopeAsync()
    {
        var count = send.Envelope.RecipientPaths.Length;
        var resetting = connection.NeedsReset;
        if (resetting)
        {
            PutReset();
        }
        PutMail();
        for (var next = 0; next < count; next += Window)
        {
            var end = Math.Min(next + Window, count);
            for (var i = next; i < end; i++)
            {
                PutRcpt(i);
            }
            var last = end == count;
            if (last)
            {
                PutData();
            }
            await FlushOrLoseAsync(next == 0 ? SmtpPhase.Mail : SmtpPhase.Rcpt).ConfigureAwait(false);
            if (next == 0)
            {
                if (resetting)
                {
                    await ReadResetAsync().ConfigureAwait(false);
                }
                _verdict.TakeMail(await _channel.ReadReplyAsync(SmtpPhase.Mail).ConfigureAwait(false));
            }
            for (var i = next; i < end; i++)
            {
                _verdict.TakeRcpt(i, await _channel.ReadReplyAsync(SmtpPhase.Rcpt).ConfigureAwait(false));
            }
            if (last)
            {
                var reply = await _channel.ReadReplyAsync(SmtpPhase.Data).ConfigureAwait(false);
                RefuseSurplus(reply);
                _verdict.TakeData(reply);
            }
            else if (!_verdict.MailTaken)
            {
                return;
            }
        }
    }

    private async ValueTask SteppedEnvelopeAsync()
    {
        if (connection.NeedsReset)
        {
            PutReset();
            await FlushOrLoseAsync(SmtpPhase.Reset).ConfigureAwait(false);
            await ReadResetAsync().ConfigureAwait(false);
        }
        await HearOutOfTurnAsync(SmtpPhase.Mail).ConfigureAwait(false);
        PutMail();
        await FlushOrLoseAsync(SmtpPhase.Mail).ConfigureAwait(false);
        _verdict.TakeMail(await _channel.ReadReplyAsync(SmtpPhase.Mail).ConfigureAwait(false));
        if (!_verdict.MailTaken)
        {
            return;
        }
        for (var i = 0; i < send.Envelope.RecipientPaths.Length; i++)
        {
            await HearOutOfTurnAsync(SmtpPhase.Rcpt).ConfigureAwait(false);
            PutRcpt(i);
            await FlushOrLoseAsync(SmtpPhase.Rcpt).ConfigureAwait(false);
            _verdict.TakeRcpt(i, await _channel.ReadReplyAsync(SmtpPhase.Rcpt).ConfigureAwait(false));
        }
        if (_verdict.AnyRecipientTaken)
        {
            await HearOutOfTurnAsync(SmtpPhase.Data).ConfigureAwait(false);
            PutData();
            await FlushOrLoseAsync(SmtpPhase.Data).ConfigureAwait(false);
            _verdict.TakeData(await _channel.ReadReplyAsync(SmtpPhase.Data).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// More replies than commands: which recipient a reply was about is not known, so that a refusal must not decide for
    /// good. A 354 is followed by <see cref="SmtpVerdict.TakeEarly"/>, and 421 may come at any time (RFC 5321 section 3.8).
    /// </summary>
    private void RefuseSurplus(SmtpReply reply)
    {
        if (reply.Code != 354 && _channel.HasBuffered && !_channel.BufferedStartsWith("421"u8))
        {
            throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Data, "The server sent more replies than it was asked for.", reply);
        }
    }

    /// <summary>A reply before its command is a goodbye or puts all that follow out of step.</summary>
    private async ValueTask HearOutOfTurnAsync(SmtpPhase phase)
    {
        if (_channel.HasUnexpected)
        {
            var reply = await _channel.ReadReplyAsync(phase).ConfigureAwait(false);
            throw new SmtpFailureException(reply.IsClosing ? SmtpOutcome.Deferred : SmtpOutcome.ProtocolError, phase,
                $"The server answered {reply.Code} before it was asked.", reply);
        }
    }

    /// <summary>
    /// Writes what was put. A connection found lost here is not yet told: a server that refuses and closes at once leaves
    /// its reply to be read, and that reply is the outcome. The read that follows finds the loss again where there is none.
    /// </summary>
    private async ValueTask<bool> FlushLosingAsync(ValueTask writing)
    {
        try
        {
            await writing.ConfigureAwait(false);
            return true;
        }
        catch (SmtpFailureException lost) when (lost.Outcome == SmtpOutcome.ConnectionLost)
        {
            _channel.Conversation.Remark(lost.Message);
            return false;
        }
    }

    private ValueTask FlushOrLoseAsync(SmtpPhase phase)
    {
        var writing = _channel.FlushAsync(phase);
        return writing.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(FlushLosingAsync(writing).AsTask());
    }

    private async ValueTask ReadResetAsync()
    {
        var reply = await _channel.ReadReplyAsync(SmtpPhase.Reset).ConfigureAwait(false);
        if (reply.Code != 250)
        {
            throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Reset, "The server refused RSET.", reply);
        }
        connection.NeedsReset = false;
    }

    private void PutReset()
    {
        _channel.Conversation.Command("RSET");
        _channel.Put("RSET\r\n"u8);
    }

    private void PutMail()
    {
        var path = send.Envelope.SenderPath;
        var parameters = SmtpRequirements.MailParameters(send);
        var size = connection.Capabilities.Size ? send.Scan.WireSize : 0;
        _channel.Put("MAIL FROM:<"u8).Put(path).Put(">"u8);
        if (size > 0)
        {
            _channel.Put(" SIZE="u8).Put(size);
        }
        _channel.Put(parameters).Put("\r\n"u8);
        _channel.Conversation.Mail(path, parameters, size);
    }

    private void PutRcpt(int index)
    {
        var path = send.Envelope.RecipientPaths[index];
        _channel.Put("RCPT TO:<"u8).Put(path).Put(">\r\n"u8);
        _channel.Conversation.Rcpt(path);
    }

    private void PutData()
    {
        _channel.Put("DATA\r\n"u8);
        _channel.Conversation.Command("DATA");
    }

    // ---- message

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendMessageAsync()
    {
        var writer = new SmtpMessageWriter(_channel, send);
        bool written;
        do
        {
            if (_channel.HasUnexpected)
            {
                // The server has closed, or has refused without waiting for the end: so much is certain before the dot.
                _verdict.TakeEarly(await _channel.ReadReplyAsync(SmtpPhase.Message).ConfigureAwait(false));
                return;
            }
            if (writer.IsAtLastBlock)
            {
                _channel.Deadline.IgnoreCaller();
                _verdict.FinalDotBegun = true;
                _channel.Conversation.Message(send.Scan.WireSize);
            }
            var writing = writer.WriteBlockAsync();
            written = writing.IsCompletedSuccessfully || await FlushLosingAsync(writing).ConfigureAwait(false);
        }
        while (written && !_verdict.FinalDotBegun);

        if (_verdict.FinalDotBegun)
        {
            _verdict.TakeFinal(await _channel.ReadReplyAsync(SmtpPhase.FinalDot).ConfigureAwait(false));
        }
        else
        {
            _verdict.TakeEarly(await _channel.ReadReplyAsync(SmtpPhase.Message).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// A server that answers DATA with 354 though it took no recipient waits for a message: it gets an empty one
    /// (RFC 2920 section 3.1), and what it says to that changes nothing.
    /// </summary>
    private async ValueTask EndEmptyDataAsync()
    {
        _channel.Conversation.Command(".");
        _channel.Put(".\r\n"u8);
        await FlushOrLoseAsync(SmtpPhase.FinalDot).ConfigureAwait(false);
        await _channel.ReadReplyAsync(SmtpPhase.FinalDot).ConfigureAwait(false);
    }
}
