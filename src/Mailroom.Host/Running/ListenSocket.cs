using System.Net;
using System.Net.Sockets;
using Mailroom.Host.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Mailroom.Host.Running;

/// <summary>A port that is this process's before it is opened: until then it refuses connections (C11).</summary>
internal static class ListenSocket
{
    /// <param name="listener">For the message, for example <c>internal HTTP listener</c>.</param>
    /// <param name="address">Where it is to listen.</param>
    /// <param name="variable">What sets the address.</param>
    /// <exception cref="IOException">The port is taken or may not be used.</exception>
    public static Socket Reserve(string listener, ListenAddress address, string variable)
    {
        var endpoint = new IPEndPoint(address.Address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), address.Port);
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException why)
        {
            throw new IOException($"The {listener} cannot have {address}: {why.Message}. Free it, or set {variable} to another address.", why);
        }
    }
}
