using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Cluster;

/// <summary>The way to the other nodes: HTTP/2, many asks at once on one connection, notes together in one request.</summary>
internal sealed partial class PeerLinks : IPeers, IDisposable
{
    /// <summary>Another node answers within a commit or two; what takes longer is asked anew, maybe of somebody else.</summary>
    private static readonly TimeSpan LongestAsk = TimeSpan.FromSeconds(5);

    /// <summary>A start does not wait long for a node that hangs.</summary>
    private static readonly TimeSpan LongestGreeting = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, PeerNotes> _notes = new();
    private readonly ConcurrentDictionary<string, bool> _failing = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly HttpClient _client;
    private readonly ILogger _log;

    public PeerLinks(ClusterSecret secret, ILogger log)
    {
        _log = log;
        _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

            // A node that froze or was cut off keeps its connections open and silent.
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
        })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 1 << 20,
        };
        _client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", secret.Header);
    }

    public async ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        deadline.CancelAfter(within < LongestAsk ? (within > TimeSpan.Zero ? within : TimeSpan.Zero) : LongestAsk);
        try
        {
            var bytes = await PostAsync(to.Address + PeerListener.AskPath, PeerCodec.Encode(message), deadline.Token).ConfigureAwait(false);
            Worked(to);
            return PeerCodec.DecodeAnswer(bytes);
        }
        catch (Exception why) when (why is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            Failed(to, why);
            return NotDone.NotOwner;
        }
    }

    /// <summary>Finds out whether the members take this node for one of theirs. One that does not answer says nothing.</summary>
    /// <exception cref="JoinRefusedException">A member does not know this node's secret.</exception>
    public async Task GreetAsync(IEnumerable<Member> members, CancellationToken cancel)
    {
        foreach (var member in members.Where(member => member.Address.Length > 0 && member.LeaseLeft > TimeSpan.Zero))
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(LongestGreeting);
            try
            {
                await PostAsync(member.Address + PeerListener.TellPath, PeerCodec.Encode([]), deadline.Token).ConfigureAwait(false);
            }
            catch (HttpRequestException why) when (why.StatusCode == HttpStatusCode.Unauthorized)
            {
                throw new JoinRefusedException($"The node {member.Name} has another secret: set the same MAILROOM_CLUSTER_SECRET on all nodes.");
            }
            catch (Exception why) when (why is HttpRequestException or IOException || (why is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                Failed(member, why);
            }
        }
    }

    public void Tell(Member to, PeerNote note) =>
        _notes.GetOrAdd(to.Address, address => new(address, SendAsync, ended => _notes.TryRemove(new(address, ended)))).Add(note);

    public void Dispose()
    {
        _closing.Cancel();
        _client.Dispose();
    }

    private async Task SendAsync(string address, IReadOnlyList<PeerNote> notes)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        deadline.CancelAfter(LongestAsk);
        await PostAsync(address + PeerListener.TellPath, PeerCodec.Encode(notes), deadline.Token).ConfigureAwait(false);
    }

    private async Task<byte[]> PostAsync(string url, byte[] body, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(body);
        using var response = await _client.PostAsync(new Uri(url), content, cancel).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
    }

    private void Worked(Member to)
    {
        if (_failing.TryRemove(to.Address, out _))
        {
            LogWorked(_log, to.Name);
        }
    }

    /// <summary>Said once for each spell: during it every ask fails.</summary>
    private void Failed(Member to, Exception why)
    {
        if (!_closing.IsCancellationRequested && _failing.TryAdd(to.Address, true))
        {
            LogFailed(_log, to.Name, to.Address, why is OperationCanceledException ? "no answer in time" : why.Message);
        }
    }

    [LoggerMessage(213, LogLevel.Warning, "cluster: node does not answer, what is for it waits node={Node} url={Url} reason={Reason}")]
    private static partial void LogFailed(ILogger log, string node, string url, string reason);

    [LoggerMessage(214, LogLevel.Information, "cluster: node answers again node={Node}")]
    private static partial void LogWorked(ILogger log, string node);
}
