using System.Net;
using System.Net.Sockets;

namespace Mailroom.Mail.Smtp;

/// <summary>The real network: the system's resolver and TCP without Nagle's delay.</summary>
public sealed class TcpNetwork : ISmtpNetwork
{
    public static TcpNetwork Shared { get; } = new();

    public async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel) =>
        IPAddress.TryParse(host, out var address)
            ? [address]
            : await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);

    public async ValueTask<SmtpWire> ConnectAsync(IPEndPoint remote, CancellationToken cancel)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(remote, cancel).ConfigureAwait(false);
            return new TcpWire(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class TcpWire(Socket socket) : SmtpWire
    {
        public override Stream Stream { get; } = new NetworkStream(socket, ownsSocket: true);

        public override IPAddress LocalAddress { get; } = ((IPEndPoint)socket.LocalEndPoint!).Address;

        public override SmtpWireInput Input
        {
            get
            {
                try
                {
                    return !socket.Poll(0, SelectMode.SelectRead) ? SmtpWireInput.Nothing
                        : socket.Available > 0 ? SmtpWireInput.Bytes
                        : SmtpWireInput.End;
                }
                catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
                {
                    return SmtpWireInput.End;
                }
            }
        }

        public override ValueTask DisposeAsync() => Stream.DisposeAsync();
    }
}
