using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Mailroom.Actors.Cluster;
using Mailroom.Api.Http;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Cluster;

/// <summary>The listener for the other nodes: HTTP/2 without TLS in a private network, two paths, nothing without the cluster's secret.</summary>
internal sealed partial class PeerListener : IAsyncDisposable
{
    public const string AskPath = "/cluster/v1/ask";
    public const string TellPath = "/cluster/v1/tell";

    /// <summary>Base64 and the JSON around it, over the largest mail that a listener for callers takes.</summary>
    private const double BodyOverhead = 1.5;

    private readonly Socket _socket;
    private readonly ClusterSecret _secret;
    private readonly ILogger _log;
    private readonly WebApplication _app;
    private IPeerInbox? _inbox;
    private long _strangerAt = long.MinValue / 2;

    /// <summary>Reserves the port; nothing is taken before <see cref="OpenAsync"/>.</summary>
    /// <exception cref="IOException">The port is taken or may not be used.</exception>
    public PeerListener(ListenAddress address, ClusterSecret secret, long largestMail, ILogger log)
    {
        (_secret, _log) = (secret, log);
        _socket = ListenSocket.Reserve("listener for other nodes", address, "MAILROOM_CLUSTER_ADDR");
        _app = Build((long)(largestMail * BodyOverhead));
    }

    /// <summary>The port that was reserved.</summary>
    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public async Task OpenAsync(IPeerInbox inbox, CancellationToken cancel)
    {
        _inbox = inbox;
        await _app.StartAsync(cancel).ConfigureAwait(false);
        LogStarted(_log, Port);
    }

    public async ValueTask DisposeAsync()
    {
        using var closing = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
    }

    private WebApplication Build(long largestBody)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = largestBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 4 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
            kestrel.Listen((IPEndPoint)_socket.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => _socket);
        var app = builder.Build();
        app.Run(HandleAsync);
        return app;
    }

    private async Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!_secret.IsShownBy(request.Headers.Authorization))
        {
            response.StatusCode = StatusCodes.Status401Unauthorized;
            TellOfStranger(context.Connection.RemoteIpAddress);
            return;
        }

        if (request.Method != HttpMethods.Post || _inbox is not { } inbox)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            switch (request.Path.Value)
            {
                case AskPath:
                    var asked = PeerCodec.DecodeMessage(await BodyAsync(request, context.RequestAborted).ConfigureAwait(false));
                    var answer = PeerCodec.EncodeAnswer(await inbox.AskedAsync(asked).ConfigureAwait(false));
                    response.ContentLength = answer.Length;
                    await response.Body.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
                    break;
                case TellPath:
                    foreach (var note in PeerCodec.DecodeNotes(await BodyAsync(request, context.RequestAborted).ConfigureAwait(false)))
                    {
                        inbox.Told(note);
                    }

                    response.StatusCode = StatusCodes.Status204NoContent;
                    break;
                default:
                    response.StatusCode = StatusCodes.Status404NotFound;
                    break;
            }
        }
        catch (JsonException why)
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
            LogUnreadable(_log, why.Message);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException why)
        {
            response.StatusCode = why.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
    }

    /// <summary>One line a second at most: whoever knocks must not fill the log.</summary>
    private void TellOfStranger(IPAddress? peer)
    {
        var (now, last) = (Environment.TickCount64, Volatile.Read(ref _strangerAt));
        if (now - last >= 1000 && Interlocked.CompareExchange(ref _strangerAt, now, last) == last)
        {
            LogStranger(_log, peer?.ToString());
        }
    }

    private static async ValueTask<byte[]> BodyAsync(HttpRequest request, CancellationToken cancel)
    {
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, 1 << 20));
        await request.Body.CopyToAsync(body, cancel).ConfigureAwait(false);
        return body.ToArray();
    }

    [LoggerMessage(210, LogLevel.Information, "cluster listener: starting port={Port}")]
    private static partial void LogStarted(ILogger log, int port);

    [LoggerMessage(211, LogLevel.Warning, "cluster listener: refused, the caller does not show the cluster's secret: set the same MAILROOM_CLUSTER_SECRET on all nodes peer={Peer}")]
    private static partial void LogStranger(ILogger log, string? peer);

    [LoggerMessage(212, LogLevel.Warning, "cluster listener: refused, not a message that this version knows reason={Reason}")]
    private static partial void LogUnreadable(ILogger log, string reason);
}
