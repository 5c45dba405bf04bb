using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Mailroom.Data.Redis;

/// <summary>Opens links to whichever configured server is the master.</summary>
internal sealed class RedisConnector(RedisOptions options, string name, TimeProvider clock)
{
    private RedisAddress? _lastMaster;

    /// <summary>Tries the servers in turn, the one that was last the master first.</summary>
    /// <exception cref="RedisException">None is a master that can be used; tells of the configured master.</exception>
    /// <exception cref="OperationCanceledException">Stopping.</exception>
    public async Task<RedisLink> ConnectAsync(CancellationToken stopping)
    {
        RedisException? atMaster = null;
        foreach (var server in Servers())
        {
            try
            {
                var link = await ConnectAsync(server, stopping).ConfigureAwait(false);
                _lastMaster = server;
                return link;
            }
            catch (RedisException failure)
            {
                if (server == options.Master)
                {
                    atMaster = failure;
                }
            }
        }

        throw atMaster is null ? RedisFailure.NotMaster(options.Master)
            : options.Replicas.Count == 0 ? atMaster
            : new(atMaster.Fault, $"{atMaster.Message} None of the {options.Replicas.Count} replicas is a master either.", atMaster.Error, atMaster);
    }

    private IEnumerable<RedisAddress> Servers() =>
        new[] { _lastMaster ?? options.Master, options.Master }.Concat(options.Replicas).Distinct();

    private async Task<RedisLink> ConnectAsync(RedisAddress server, CancellationToken stopping)
    {
        using var bound = new CancellationTokenSource(options.ConnectTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, bound.Token);
        RedisLink? link = null;
        try
        {
            link = new RedisLink(server, await OpenAsync(server, either.Token).ConfigureAwait(false), options, clock);
            await new RedisHandshake(link, options, name, clock).RunAsync(either.Token).ConfigureAwait(false);
            link.Ready();
            return link;
        }
        catch (Exception failure)
        {
            if (link is not null)
            {
                await link.DisposeAsync().ConfigureAwait(false);
            }

            if (RedisFailure.Unreachable(server, failure, stopping.IsCancellationRequested, options.ConnectTimeout) is { } known)
            {
                throw known;
            }

            throw;
        }
    }

    private async Task<Stream> OpenAsync(RedisAddress server, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(server.Host, server.Port, cancel).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return options.Tls is { } tls ? await SecureAsync(stream, tls, server, cancel).ConfigureAwait(false) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(NetworkStream plain, RedisTls tls, RedisAddress server, CancellationToken cancel)
    {
        var name = tls.ServerName ?? server.Host;
        string? fault = null;
        var secured = new SslStream(plain, leaveInnerStreamOpen: false);
        var rules = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = tls.TrustedRoots is null ? null : OwnRoots(tls.TrustedRoots),
            RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            {
                fault = errors == SslPolicyErrors.None || tls.InsecureSkipVerify ? null : Fault(errors, chain, name);
                return fault is null;
            },
        };
        try
        {
            await secured.AuthenticateAsClientAsync(rules, cancel).ConfigureAwait(false);
            return secured;
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException)
        {
            await secured.DisposeAsync().ConfigureAwait(false);

            // A server that does not speak TLS waits for the end of a line, and so for ever.
            var why = fault ?? (failure is OperationCanceledException ? "it did not answer in time. Does it speak TLS on that port?" : failure.InnerException?.Message ?? failure.Message);
            throw new RedisException(RedisFault.Tls, $"TLS with Redis at {server} failed: {why}", cause: failure);
        }
    }

    private static X509ChainPolicy OwnRoots(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static string Fault(SslPolicyErrors errors, X509Chain? chain, string name) =>
        errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "the server showed no certificate."
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"the certificate is not for {name}."
        : $"the certificate is not trusted ({string.Join(", ", chain?.ChainStatus.Take(4).Select(status => status.Status) ?? [])}). Renew it, or trust its root.";
}
