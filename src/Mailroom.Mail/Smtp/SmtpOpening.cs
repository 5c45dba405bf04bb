using System.Net;
using System.Net.Sockets;

namespace Mailroom.Mail.Smtp;

/// <summary>From nothing to a connection that can take a MAIL: connect, greeting, EHLO, TLS, AUTH.</summary>
internal sealed class SmtpOpening(SmtpSettings settings, ISmtpNetwork network, TimeProvider time)
{
    private const int MaxAddresses = 8;

    /// <summary>Opens a connection for <paramref name="send"/>, under its deadlines.</summary>
    /// <exception cref="SmtpFailureException">It could not be opened; nothing is left open.</exception>
    public async ValueTask<SmtpConnection> OpenAsync(SmtpSend send)
    {
        var deadline = new SendDeadline(settings.Deadlines, time);
        SmtpChannel? channel = null;
        try
        {
            deadline.Begin(send.Start, send.Cancel);
            var (wire, remote) = await ConnectAsync(deadline, send.Conversation).ConfigureAwait(false);
            send.Remote = remote;
            channel = new SmtpChannel(wire, deadline, send.Conversation);
            var capabilities = await GreetAsync(channel, wire.LocalAddress).ConfigureAwait(false);
            return new SmtpConnection(channel, capabilities, remote, time);
        }
        catch
        {
            await (channel?.DisposeAsync() ?? default).ConfigureAwait(false);
            deadline.Dispose();
            throw;
        }
    }

    private async ValueTask<(SmtpWire, IPEndPoint)> ConnectAsync(SendDeadline deadline, SmtpConversation conversation)
    {
        var addresses = await ResolveAsync(deadline).ConfigureAwait(false);
        SmtpFailureException? last = null;
        foreach (var address in addresses.Take(MaxAddresses))
        {
            var remote = new IPEndPoint(address, settings.Port);
            try
            {
                deadline.Arm(SmtpPhase.Connect);
                var wire = await network.ConnectAsync(remote, deadline.Token).ConfigureAwait(false);
                conversation.Remark($"connected to {remote}");
                return (wire, remote);
            }
            catch (OperationCanceledException e)
            {
                // The timer has fired: there is no time left for another address.
                throw deadline.Passed(SmtpPhase.Connect, e);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                conversation.Remark($"{remote}: {e.Message}");
                last = new SmtpFailureException(SmtpOutcome.ConnectFailed, SmtpPhase.Connect,
                    $"No connection to {settings.Host} at {remote}: {e.Message}. Check the address and that the server runs.", cause: e);
            }
        }
        throw last ?? new SmtpFailureException(SmtpOutcome.ConnectFailed, SmtpPhase.Connect, $"{settings.Host} has no address.");
    }

    private async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(SendDeadline deadline)
    {
        deadline.Arm(SmtpPhase.Connect);
        try
        {
            return await network.ResolveAsync(settings.Host, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw deadline.Passed(SmtpPhase.Connect, e);
        }
        catch (SocketException e)
        {
            throw new SmtpFailureException(SmtpOutcome.ConnectFailed, SmtpPhase.Connect,
                $"The name {settings.Host} could not be resolved: {e.Message}. Check the name and the resolver.", cause: e);
        }
    }

    private async ValueTask<SmtpCapabilities> GreetAsync(SmtpChannel channel, IPAddress local)
    {
        var certificates = new SmtpCertificateCheck(settings);
        if (settings.Security == SmtpSecurity.ImplicitTls)
        {
            await channel.StartTlsAsync(certificates.Options(), () => certificates.Fault).ConfigureAwait(false);
        }
        var greeting = await channel.ReadReplyAsync(SmtpPhase.Greeting).ConfigureAwait(false);
        Require(greeting, greeting.Code == 220, SmtpPhase.Greeting);

        var name = settings.HeloName ?? SmtpSyntax.AddressLiteral(local);
        var capabilities = await HelloAsync(channel, name).ConfigureAwait(false);
        if (await UpgradeAsync(channel, capabilities, certificates).ConfigureAwait(false))
        {
            // What was offered in the clear counts for nothing (RFC 3207 section 4.2).
            capabilities = await HelloAsync(channel, name).ConfigureAwait(false);
        }
        if (settings.Credentials is not null)
        {
            await new SmtpAuthentication(channel, capabilities, settings).RunAsync().ConfigureAwait(false);
        }
        return channel.HasBuffered
            ? throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Ehlo, $"{settings.Host} sent a reply too many before MAIL.")
            : capabilities;
    }

    private async ValueTask<SmtpCapabilities> HelloAsync(SmtpChannel channel, string name)
    {
        var reply = await AskAsync(channel, "EHLO " + name, SmtpPhase.Ehlo).ConfigureAwait(false);
        if (reply.Code is not (500 or 502 or 504))
        {
            Require(reply, reply.Code == 250, SmtpPhase.Ehlo);
            return SmtpCapabilities.Parse(channel.LastReply);
        }
        reply = await AskAsync(channel, "HELO " + name, SmtpPhase.Ehlo).ConfigureAwait(false);
        Require(reply, reply.Code == 250, SmtpPhase.Ehlo);
        return SmtpCapabilities.None;
    }

    private async ValueTask<bool> UpgradeAsync(SmtpChannel channel, SmtpCapabilities capabilities, SmtpCertificateCheck certificates)
    {
        if (settings.Security is not (SmtpSecurity.StartTls or SmtpSecurity.StartTlsIfOffered))
        {
            return false;
        }
        var required = settings.Security == SmtpSecurity.StartTls;
        if (!capabilities.StartTls)
        {
            return !required ? false : throw new SmtpFailureException(SmtpOutcome.StartTlsUnavailable, SmtpPhase.StartTls,
                $"{settings.Host} does not offer STARTTLS, which is required. Use its port for implicit TLS, or another server.");
        }
        var reply = await AskAsync(channel, "STARTTLS", SmtpPhase.StartTls).ConfigureAwait(false);
        if (reply.Code != 220)
        {
            Require(reply, reply.IsTransient || reply.IsPermanent, SmtpPhase.StartTls);
            return !required && !reply.IsClosing ? false : throw new SmtpFailureException(
                reply.IsClosing ? SmtpOutcome.Deferred : SmtpOutcome.StartTlsUnavailable, SmtpPhase.StartTls,
                $"{settings.Host} offers STARTTLS and then refuses it.", reply);
        }
        await channel.StartTlsAsync(certificates.Options(), () => certificates.Fault).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<SmtpReply> AskAsync(SmtpChannel channel, string command, SmtpPhase phase)
    {
        channel.Conversation.Command(command);
        await channel.Put(command).Put("\r\n"u8).FlushAsync(phase).ConfigureAwait(false);
        return await channel.ReadReplyAsync(phase).ConfigureAwait(false);
    }

    private void Require(SmtpReply reply, bool expected, SmtpPhase phase)
    {
        if (!expected)
        {
            throw new SmtpFailureException(
                reply.IsTransient ? SmtpOutcome.Deferred : reply.IsPermanent ? SmtpOutcome.Rejected : SmtpOutcome.ProtocolError,
                phase, $"{settings.Host} answered {reply.Code} in {phase}.", reply);
        }
    }
}
