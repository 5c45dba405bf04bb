using System.Net;

namespace Mailroom.Mail.Smtp;

/// <summary>An open connection between mails: what the server can do, how old it is, and whether it may be used again.</summary>
internal sealed class SmtpConnection(SmtpChannel channel, SmtpCapabilities capabilities, IPEndPoint remote, TimeProvider time) : IAsyncDisposable
{
    private readonly long _opened = time.GetTimestamp();
    private readonly string _reusedRemark = $"connection to {remote} reused";
    private long _idleSince;

    public SmtpChannel Channel { get; } = channel;
    public SmtpCapabilities Capabilities { get; } = capabilities;

    /// <summary>Transactions begun on this connection.</summary>
    public int Mails { get; private set; }

    /// <summary>False from the first byte of a transaction until it has ended in step; a connection that is left false is never used again.</summary>
    public bool InStep { get; private set; } = true;

    /// <summary>The server may still hold a transaction that failed: RSET comes before the next MAIL.</summary>
    public bool NeedsReset { get; set; }

    /// <summary>In step, and yet not to be used again.</summary>
    public bool IsWornOut { get; set; }

    /// <summary>Takes up a send on a connection that was idle.</summary>
    public void Resume(SmtpSend send)
    {
        send.Remote = remote;
        send.Reused = true;
        send.Conversation.Remark(_reusedRemark);
        Channel.Conversation = send.Conversation;
        Channel.Deadline.Begin(send.Start, send.Cancel);
    }

    /// <summary>Ends a send: no deadline runs while the connection is idle. A deadline that fired at the last moment ends the connection.</summary>
    public void Rest()
    {
        Channel.Deadline.End();
        InStep &= !Channel.Deadline.Token.IsCancellationRequested;
        _idleSince = time.GetTimestamp();
    }

    public void BeginMail()
    {
        Mails++;
        InStep = false;
    }

    /// <summary>The transaction ended as the protocol has it, unless the server has said more than it was asked.</summary>
    public void EndMail() => InStep = !Channel.HasBuffered;

    public bool MayCarryMore(SmtpSettings settings) =>
        InStep && !IsWornOut && Mails < settings.MaxMailsPerConnection && time.GetElapsedTime(_opened) < settings.MaxAge;

    public bool HasIdledOut(SmtpSettings settings) =>
        time.GetElapsedTime(_idleSince) >= settings.MaxIdle || time.GetElapsedTime(_opened) >= settings.MaxAge;

    /// <summary>Says goodbye, waits for the answer no longer than its deadline, and closes. True: the server answered.</summary>
    public async ValueTask<bool> QuitAsync()
    {
        try
        {
            var now = time.GetTimestamp();
            Channel.Conversation = new SmtpConversation(time, now);
            Channel.Deadline.Begin(now, CancellationToken.None);
            await Channel.Put("QUIT\r\n"u8).FlushAsync(SmtpPhase.Quit).ConfigureAwait(false);
            await Channel.ReadReplyAsync(SmtpPhase.Quit).ConfigureAwait(false);
            return true;
        }
        catch (SmtpFailureException)
        {
            // A courtesy that failed: there is nothing left to lose on this connection.
            return false;
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => Channel.DisposeAsync();
}
