using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Testing;

/// <summary>
/// Stands between a service and a server on 127.0.0.1 and passes on what either says, until the test has it keep the server's answers:
/// what is asked is done then, and whoever asked never learns of it.
/// </summary>
public sealed class AnswerHold : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _running = [];
    private readonly int _server;
    private volatile byte[]? _holdBehind;
    private volatile bool _isHeld;

    private delegate bool Passes(ReadOnlySpan<byte> block);

    private AnswerHold(int server)
    {
        _server = server;
        _listener.Start();
        _running.Add(AcceptAsync());
    }

    /// <summary>Where the service has to connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="server">The server's port.</param>
    public static AnswerHold Before(int server) => new(server);

    /// <summary>From now on no answer is passed on, on connections that are open and on new ones.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>
    /// The same from the moment on at which the service asks for something more on a connection on which it has asked for something with that text in
    /// it: the commit behind what was written, for example, which itself may be a prepared statement without a text.
    /// </summary>
    public void HoldBehind(string asked) => _holdBehind = Encoding.ASCII.GetBytes(asked);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var service = await _listener.AcceptTcpClientAsync(_stopping.Token).ConfigureAwait(false);
            _running.Add(ServeAsync(service));
        }
    }

    private async Task ServeAsync(TcpClient service)
    {
        using (service)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, _server, _stopping.Token).ConfigureAwait(false);
            var hasAsked = false;
            bool Ask(ReadOnlySpan<byte> block)
            {
                _isHeld |= hasAsked;
                hasAsked |= _holdBehind is { } text && block.IndexOf(text) >= 0;
                return true;
            }

            var asking = PassAsync(service, server, Ask);
            var answering = PassAsync(server, service, _ => !_isHeld);
            await Task.WhenAny(asking, answering).ConfigureAwait(false);
        }
    }

    /// <summary>Until one side closes, or the test ends.</summary>
    private async Task PassAsync(TcpClient from, TcpClient to, Passes passes)
    {
        var block = new byte[64 * 1024];
        int read;
        while ((read = await from.GetStream().ReadAsync(block, _stopping.Token).ConfigureAwait(false)) > 0)
        {
            if (passes(block.AsSpan(0, read)))
            {
                await to.GetStream().WriteAsync(block.AsMemory(0, read), _stopping.Token).ConfigureAwait(false);
            }
        }
    }
}
