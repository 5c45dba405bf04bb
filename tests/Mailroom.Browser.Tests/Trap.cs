using System.Net;
using System.Net.Sockets;

namespace Mailroom.Browser.Tests;

/// <summary>A port that nobody should ever connect to.</summary>
public sealed class Trap : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Trap() => _listener.Start();

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Somebody has connected, or tries to.</summary>
    public bool WasTouched => _listener.Pending();

    public void Dispose() => _listener.Dispose();
}
