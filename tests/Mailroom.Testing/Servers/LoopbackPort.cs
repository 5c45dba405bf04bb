using System.Net;
using System.Net.Sockets;

namespace Mailroom.Testing;

/// <summary>Ports on 127.0.0.1 for servers that cannot choose one themselves.</summary>
public static class LoopbackPort
{
    /// <summary>
    /// A port that was free a moment ago. Another process may take it before the server does: who starts the server
    /// tries again with another one when its address is in use.
    /// </summary>
    public static int Free()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Whether something accepts connections there.</summary>
    public static async Task<bool> Answers(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            return false;
        }
    }
}
