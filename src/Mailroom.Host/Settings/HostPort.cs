using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mailroom.Host.Settings;

/// <summary>A server to connect to: <c>mail.example.com:587</c>, <c>192.0.2.1:25</c> or <c>[2001:db8::1]:25</c>.</summary>
/// <param name="Host">A host name or an address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record HostPort(string Host, int Port)
{
    public const string Form = "a host and a port, such as mail.example.com:587 or [2001:db8::1]:25";

    public static bool TryParse(string text, out HostPort server)
    {
        ArgumentNullException.ThrowIfNull(text);
        server = new HostPort("", 0);
        if (!TrySplit(text, out var host, out var port) || port == 0)
        {
            return false;
        }

        if (TryParseAddress(host, out var ip))
        {
            server = new HostPort(ip.ToString(), port);
            return true;
        }

        server = new HostPort(host, port);
        return IsHostName(host);
    }

    /// <summary>Letters, digits and inner hyphens between dots, at most 253 characters and not ending in a number (RFC 1123 section 2.1); an underscore is let through, as containers use it.</summary>
    public static bool IsHostName(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var labels = (host.EndsWith('.') ? host[..^1] : host).Split('.');
        return host.Length <= 253 && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    internal static bool TrySplit(string text, out string host, out int port)
    {
        var colon = text.LastIndexOf(':');
        host = colon < 0 ? "" : text[..colon];
        port = 0;
        return colon >= 0
            && text.Length - colon <= 6
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port <= IPEndPoint.MaxPort;
    }

    /// <summary>An IPv4 address in four parts, or an IPv6 address in brackets.</summary>
    internal static bool TryParseAddress(string host, out IPAddress address)
    {
        address = IPAddress.None;
        var bracketed = host is ['[', .., ']'];
        if (!IPAddress.TryParse(bracketed ? host[1..^1] : host, out var parsed))
        {
            return false;
        }

        address = parsed;

        // The framework also reads 1.2 and 0x7f.1; what reads back differently is not what was meant.
        return bracketed
            ? parsed.AddressFamily == AddressFamily.InterNetworkV6
            : parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() == host;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63
        && label[0] != '-'
        && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
