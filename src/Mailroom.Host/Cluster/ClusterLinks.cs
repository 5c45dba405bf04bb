using System.Globalization;
using Mailroom.Actors.Cluster;
using Mailroom.Host.Settings;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Cluster;

/// <summary>This node's links to the others: its listener, and the way to theirs.</summary>
internal sealed class ClusterLinks : IAsyncDisposable
{
    private readonly PeerListener _listener;
    private readonly PeerLinks _peers;

    private ClusterLinks(PeerListener listener, PeerLinks peers, string url) => (_listener, _peers, Url) = (listener, peers, url);

    /// <summary>Where the other nodes reach this one.</summary>
    public string Url { get; }

    public IPeers Peers => _peers;

    /// <summary>Null: the node is alone.</summary>
    /// <exception cref="IOException">The port is taken or may not be used.</exception>
    public static ClusterLinks? Reserve(ClusterSettings settings, long largestMail, ILogger log)
    {
        if (settings.Address is not { } address)
        {
            return null;
        }

        var secret = new ClusterSecret(settings.Secret!);
        var listener = new PeerListener(address, secret, largestMail, log);
        return new(listener, new(secret, log), settings.Url?.ToString().TrimEnd('/') ?? UrlOf(address, listener.Port));
    }

    public Task OpenAsync(IPeerInbox inbox, CancellationToken cancel) => _listener.OpenAsync(inbox, cancel);

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        _peers.Dispose();
    }

    private static string UrlOf(ListenAddress address, int port)
    {
        var host = address.Address is { } one ? new System.Net.IPEndPoint(one, port).ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{port}");
        return "http://" + host;
    }
}
