using System.Net;

namespace Mailroom.Mail.Smtp;

/// <summary>The network as the client sees it, so that a test or a simulation can be the network.</summary>
public interface ISmtpNetwork
{
    /// <summary>The addresses of a host, best first; an IP address is its own.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name does not resolve.</exception>
    ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel);

    /// <summary>Opens a connection.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">Refused, unreachable or reset.</exception>
    ValueTask<SmtpWire> ConnectAsync(IPEndPoint remote, CancellationToken cancel);
}

/// <summary>One open connection below TLS.</summary>
public abstract class SmtpWire : IAsyncDisposable
{
    /// <summary>The bytes. Reading and writing fail with <see cref="IOException"/> when the connection is lost.</summary>
    public abstract Stream Stream { get; }

    public abstract IPAddress LocalAddress { get; }

    /// <summary>
    /// What a read would find right now, without waiting. A client that expects nothing learns here that the server has
    /// closed the connection or speaks out of turn, before it sends a mail into it.
    /// </summary>
    public abstract SmtpWireInput Input { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>What a read would find.</summary>
public enum SmtpWireInput
{
    /// <summary>Nothing yet; the connection stands as far as is known.</summary>
    Nothing,
    Bytes,
    /// <summary>The end, or an error.</summary>
    End,
}
