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

    /// <summary>Takes what other nodes send, where the members take this node for one of theirs.</summary>
    /// <exception cref="JoinRefusedException">A member does not know this node's secret.</exception>
    public async Task OpenAsync(IPeerInbox inbox, ClusterView view, CancellationToken cancel)
    {
        await _peers.GreetAsync(view.Members, cancel).ConfigureAwait(false);
        await _listener.OpenAsync(inbox, cancel).ConfigureAwait(false);
    }

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
