using System.Security.Cryptography;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>AUTH (RFC 4954): CRAM-MD5 (RFC 2195), PLAIN (RFC 4616), LOGIN and XOAUTH2, the strongest that the server offers first.</summary>
internal sealed class SmtpAuthentication(SmtpChannel channel, SmtpCapabilities capabilities, SmtpSettings settings)
{
    private const int MaxChallenge = 2048;

    private readonly List<string> _secrets = [];

    /// <summary>
    /// Proves who we are or throws. A mechanism that the server does not take after all is followed by the next; wrong
    /// credentials are not tried again in another mechanism, which would only lock the account sooner. CRAM-MD5 is the
    /// exception: servers that keep hashed passwords offer it and can only answer 535.
    /// </summary>
    public async ValueTask RunAsync()
    {
        SmtpReply? last = null;
        channel.Shown = Shown;
        foreach (var mechanism in Candidates())
        {
            last = mechanism switch
            {
                SmtpAuthMechanisms.XOAuth2 => await XOAuth2Async().ConfigureAwait(false),
                SmtpAuthMechanisms.CramMd5 => await CramMd5Async().ConfigureAwait(false),
                SmtpAuthMechanisms.Plain => await PlainAsync().ConfigureAwait(false),
                SmtpAuthMechanisms.Login => await LoginAsync().ConfigureAwait(false),
                _ => throw new InvalidOperationException($"The mechanism {mechanism} is not one that this client speaks."),
            };
            if (last.IsPositive)
            {
                return;
            }
            var mechanismRefused = last.Code is 500 or 501 or 502 or 504 or 534;
            if (last.IsTransient || !(mechanismRefused || mechanism == SmtpAuthMechanisms.CramMd5))
            {
                break;
            }
        }
        throw last is null ? NoMechanism() : Refused(last);
    }

    private IEnumerable<SmtpAuthMechanisms> Candidates()
    {
        var mayShowSecret = channel.IsEncrypted || settings.AllowCleartextAuthentication;
        SmtpAuthMechanisms[] known = settings.Credentials is SmtpCredentials.OAuth2Credentials
            ? [SmtpAuthMechanisms.XOAuth2]
            : [SmtpAuthMechanisms.CramMd5, SmtpAuthMechanisms.Plain, SmtpAuthMechanisms.Login];
        return known.Where(mechanism => capabilities.Auth.HasFlag(mechanism) && (mayShowSecret || mechanism == SmtpAuthMechanisms.CramMd5));
    }

    private SmtpFailureException NoMechanism() => new(SmtpOutcome.AuthenticationFailed, SmtpPhase.Auth,
        capabilities.Auth == SmtpAuthMechanisms.None
            ? $"{settings.Host} offers no AUTH mechanism that this client speaks (it offers: {(capabilities.AuthText.Length == 0 ? "none" : capabilities.AuthText)}). Remove the credentials, or turn on TLS if the server asks for it first."
            : channel.IsEncrypted || settings.AllowCleartextAuthentication
                ? $"{settings.Host} offers {capabilities.AuthText}, none of which fits the configured credentials."
                : $"{settings.Host} offers {capabilities.AuthText} and the connection has no TLS; a password or token is not shown in the clear. Turn on TLS.");

    private SmtpFailureException Refused(SmtpReply reply) => new(
        reply.IsClosing ? SmtpOutcome.Deferred : reply.IsTransient ? SmtpOutcome.AuthenticationDeferred : SmtpOutcome.AuthenticationFailed,
        SmtpPhase.Auth,
        reply.IsTransient ? $"{settings.Host} could not check the credentials now." : $"{settings.Host} refused the credentials. Check the user and the password or token.",
        Shown(reply));

    /// <summary>A reply as it may be kept: a server that repeats what it was told must not put a secret into the conversation.</summary>
    private SmtpReply Shown(SmtpReply reply) =>
        _secrets.Exists(secret => reply.Text.Contains(secret, StringComparison.Ordinal)) ? new SmtpReply(reply.Code, "***") : reply;

    private SmtpCredentials.PasswordCredentials KnownPassword()
    {
        var credentials = (SmtpCredentials.PasswordCredentials)settings.Credentials!;
        Hide(credentials.Secret);
        return credentials;
    }

    private void Hide(string secret)
    {
        if (secret.Length > 0)
        {
            _secrets.Add(secret);
        }
    }

    private async ValueTask<SmtpReply> PlainAsync()
    {
        var credentials = KnownPassword();
        var response = Encoding.UTF8.GetBytes($"\0{credentials.User}\0{credentials.Secret}");
        return await InitialResponseAsync("PLAIN", response).ConfigureAwait(false);
    }

    private async ValueTask<SmtpReply> LoginAsync()
    {
        var credentials = KnownPassword();
        var reply = await CommandAsync("AUTH LOGIN").ConfigureAwait(false);
        if (reply.Code == 334)
        {
            reply = await RespondAsync(Encoding.UTF8.GetBytes(credentials.User)).ConfigureAwait(false);
        }
        if (reply.Code == 334)
        {
            reply = await RespondAsync(Encoding.UTF8.GetBytes(credentials.Secret)).ConfigureAwait(false);
        }
        return Final(reply);
    }

    private async ValueTask<SmtpReply> CramMd5Async()
    {
        var credentials = KnownPassword();
        var reply = await CommandAsync("AUTH CRAM-MD5").ConfigureAwait(false);
        if (reply.Code != 334)
        {
            return Final(reply);
        }
        var challenge = new byte[MaxChallenge];
        if (reply.Text.Length > MaxChallenge || !Convert.TryFromBase64String(reply.Text, challenge, out var length))
        {
            channel.Conversation.Command("*");
            await channel.Put("*\r\n"u8).FlushAsync(SmtpPhase.Auth).ConfigureAwait(false);
            await channel.ReadReplyAsync(SmtpPhase.Auth).ConfigureAwait(false);
            throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Auth, $"{settings.Host} sent a CRAM-MD5 challenge that is not base64.");
        }
        // HMAC-MD5 is what RFC 2195 defines; the key never leaves.
        var digest = HmacMd5(Encoding.UTF8.GetBytes(credentials.Secret), challenge.AsSpan(0, length));
        return Final(await RespondAsync(Encoding.UTF8.GetBytes($"{credentials.User} {Convert.ToHexStringLower(digest)}")).ConfigureAwait(false));
    }

    private static byte[] HmacMd5(byte[] key, ReadOnlySpan<byte> challenge) => HMACMD5.HashData(key, challenge);

    private async ValueTask<SmtpReply> XOAuth2Async()
    {
        var credentials = (SmtpCredentials.OAuth2Credentials)settings.Credentials!;
        var token = await AccessTokenAsync(credentials).ConfigureAwait(false);
        Hide(token);
        var response = Encoding.UTF8.GetBytes($"user={credentials.User}\x01auth=Bearer {token}\x01\x01");
        return await InitialResponseAsync("XOAUTH2", response).ConfigureAwait(false);
    }

    private async ValueTask<string> AccessTokenAsync(SmtpCredentials.OAuth2Credentials credentials)
    {
        channel.Deadline.Arm(SmtpPhase.Auth);
        try
        {
            return await credentials.AccessToken(channel.Deadline.Token).AsTask().WaitAsync(channel.Deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (channel.Deadline.Token.IsCancellationRequested)
        {
            throw channel.Deadline.Passed(SmtpPhase.Auth, e);
        }
        catch (Exception e)
        {
            // The source is the caller's code: whatever it throws is a token that could not be had. Its text may hold a secret.
            throw new SmtpFailureException(SmtpOutcome.AuthenticationDeferred, SmtpPhase.Auth,
                $"No access token for {settings.Host} could be had: {e.GetType().Name}.", cause: e);
        }
    }

    /// <summary>AUTH with its response in the same line, where RFC 4954's line limit leaves room, else after a 334.</summary>
    private async ValueTask<SmtpReply> InitialResponseAsync(string mechanism, byte[] response)
    {
        const int maxLine = 512;
        var encoded = Convert.ToBase64String(response);
        var fits = "AUTH ".Length + mechanism.Length + 1 + encoded.Length + 2 <= maxLine;
        var reply = await CommandAsync($"AUTH {mechanism}", fits ? encoded : null).ConfigureAwait(false);
        if (reply.Code == 334 && !fits)
        {
            reply = await RespondAsync(response).ConfigureAwait(false);
        }
        if (reply.Code == 334 && mechanism == "XOAUTH2")
        {
            // The 334 carries the error as JSON; an empty response asks for the final reply.
            reply = await RespondAsync([]).ConfigureAwait(false);
        }
        return Final(reply);
    }

    private SmtpReply Final(SmtpReply reply) => !reply.IsIntermediate
        ? reply
        : throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.Auth,
            $"{settings.Host} asked for another response where its mechanism has none.", reply);

    private ValueTask<SmtpReply> CommandAsync(string command, string? secret = null)
    {
        channel.Conversation.Command(secret is null ? command : command + " ***");
        channel.Put(command);
        if (secret is not null)
        {
            Hide(secret);
            channel.Put(" "u8).Put(secret);
        }
        return FinishAsync();
    }

    private ValueTask<SmtpReply> RespondAsync(byte[] response)
    {
        channel.Conversation.Command(response.Length == 0 ? "" : "***");
        var encoded = Convert.ToBase64String(response);
        Hide(encoded);
        channel.Put(encoded);
        return FinishAsync();
    }

    private async ValueTask<SmtpReply> FinishAsync()
    {
        await channel.Put("\r\n"u8).FlushSecretAsync(SmtpPhase.Auth).ConfigureAwait(false);
        return await channel.ReadReplyAsync(SmtpPhase.Auth).ConfigureAwait(false);
    }
}
