using System.Net;
using System.Net.Sockets;
using Mailroom.Actors.Deliveries;
using Mailroom.Api;
using Mailroom.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>
/// The two HTTP listeners. Their ports are reserved before anything is taken over from a process that may still run, and opened
/// when mail can be accepted: a port that is only reserved refuses connections (C11).
/// </summary>
/// <param name="settings">Where to listen, and the limits.</param>
/// <param name="sender">Who mail comes from that names nobody.</param>
/// <param name="keyPrefix">What API keys that are made here begin with.</param>
/// <param name="log">Says when they open and close.</param>
internal sealed partial class Listeners(HttpSettings settings, Mailbox sender, string keyPrefix, ILogger log) : IAsyncDisposable
{
    private readonly List<Socket> _reserved = [];
    private Socket? _internalSocket;
    private Socket? _publicSocket;
    private WebApplication? _internal;
    private WebApplication? _public;

    /// <summary>Where callers reach the public listener, once it is open.</summary>
    public Uri PublicUrl { get; private set; } = new("http://localhost/");

    /// <exception cref="IOException">A port is taken or may not be used.</exception>
    public void Reserve()
    {
        _internalSocket = Reserve("internal", settings.Internal.Address, "MAIL_INTERNAL_HTTP_ADDR");
        _publicSocket = Reserve("public", settings.Public.Address, "MAILROOM_PUBLIC_HTTP_ADDR");
    }

    public async Task OpenAsync(ApiDependencies dependencies, CancellationToken cancel)
    {
        var inside = settings.Internal;
        _internal = MailroomApi.BuildInternal(dependencies, new InternalApiOptions
        {
            Endpoints = [EndpointOf(_internalSocket)],
            Socket = _internalSocket,
            Sender = sender,
            KeyPrefix = keyPrefix,
            Token = inside.Token?.Reveal(),
            HeaderTimeout = inside.ReadHeaderTimeout,
            RequestTimeout = inside.ReadTimeout,
            ReadTimeout = inside.OperatorTimeout,
            IdleTimeout = inside.IdleTimeout,
            MaxConnections = Connections("internal", 1, InternalApiOptions.MostConnections),
        });
        await _internal.StartAsync(cancel).ConfigureAwait(false);
        LogStarting(log, "internal", Url(_internal).ToString());
        _public = MailroomApi.BuildPublic(dependencies, new ApiOptions
        {
            Endpoints = [EndpointOf(_publicSocket)],
            Socket = _publicSocket,
            MaxBodyBytes = (int)settings.MaxBody,
            MaxConnections = Connections("public", 3, ApiOptions.MostConnections),
        });
        await _public.StartAsync(cancel).ConfigureAwait(false);
        PublicUrl = settings.Public.Url ?? Url(_public);
        LogStarting(log, "public", Url(_public).ToString());
    }

    /// <summary>Takes no more connections at once, and gives the requests under way at most <paramref name="within"/> to end.</summary>
    public async Task CloseAsync(TimeSpan within)
    {
        using var closing = new CancellationTokenSource(within);
        await Task.WhenAll(CloseAsync(_internal, "internal", closing.Token), CloseAsync(_public, "public", closing.Token)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await (_public?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        await (_internal?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        foreach (var socket in _reserved)
        {
            socket.Dispose();
        }
    }

    private int Connections(string name, int quarters, int most)
    {
        var limit = OpenFiles.Limit();
        var connections = OpenFiles.Connections(limit, quarters, most);
        if (connections < most)
        {
            LogFewConnections(log, name, connections, limit);
        }

        return connections;
    }

    private Socket Reserve(string name, ListenAddress address, string variable)
    {
        var socket = ListenSocket.Reserve($"{name} HTTP listener", address, variable);
        _reserved.Add(socket);
        return socket;
    }

    private static IPEndPoint EndpointOf(Socket? reserved) =>
        (IPEndPoint)(reserved?.LocalEndPoint ?? throw new InvalidOperationException("Reserve the ports before opening them."));

    private async Task CloseAsync(WebApplication? listener, string name, CancellationToken closing)
    {
        if (listener is not null)
        {
            // What stops with it may wait for a database that says nothing, whatever it is told.
            await listener.StopAsync(closing).WaitAsync(closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LogStopped(log, name);
        }
    }

    private static Uri Url(WebApplication listener)
    {
        var bound = MailroomApi.BoundEndpoints(listener)[0];
        var host = bound.Address.Equals(IPAddress.IPv6Any) || bound.Address.Equals(IPAddress.Any) ? "localhost"
            : bound.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{bound.Address}]" : bound.Address.ToString();
        return new UriBuilder(Uri.UriSchemeHttp, host, bound.Port).Uri;
    }

    [LoggerMessage(104, LogLevel.Information, "{Listener} HTTP listener: starting on {Url}")]
    private static partial void LogStarting(ILogger log, string listener, string url);

    [LoggerMessage(110, LogLevel.Warning, "{Listener} HTTP listener: at most connections={Connections}, because the process may open files={Limit} only (ulimit -n)")]
    private static partial void LogFewConnections(ILogger log, string listener, int connections, long? limit);

    [LoggerMessage(106, LogLevel.Information, "{Listener} HTTP listener: stopped")]
    private static partial void LogStopped(ILogger log, string listener);
}
