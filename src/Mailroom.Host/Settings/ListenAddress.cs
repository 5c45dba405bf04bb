using System.Globalization;
using System.Net;

namespace Mailroom.Host.Settings;

/// <summary>Where a listener binds: <c>:8090</c> (every address), <c>127.0.0.1:0</c> (port 0: any free port), <c>[::1]:8080</c> or <c>localhost:8080</c>.</summary>
/// <param name="Address">The address; null for every address of the machine.</param>
/// <param name="Port">0 to 65535.</param>
public sealed record ListenAddress(IPAddress? Address, int Port)
{
    public const string Form = "a listen address, such as :8090, 127.0.0.1:8090 or [::1]:8090";

    /// <summary>Only this machine can connect.</summary>
    public bool IsLoopback => Address is not null && IPAddress.IsLoopback(Address);

    public static bool TryParse(string text, out ListenAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = new ListenAddress(IPAddress.Loopback, 0);
        if (!HostPort.TrySplit(text, out var host, out var port))
        {
            return false;
        }

        if (host.Length == 0)
        {
            address = new ListenAddress(null, port);
            return true;
        }

        if (host == "localhost")
        {
            address = new ListenAddress(IPAddress.Loopback, port);
            return true;
        }

        if (!HostPort.TryParseAddress(host, out var ip))
        {
            return false;
        }

        address = new ListenAddress(ip.Equals(IPAddress.IPv6Any) ? null : ip, port);
        return true;
    }

    /// <summary>Both cannot listen at the same time.</summary>
    public bool Overlaps(ListenAddress other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Port != 0 && Port == other.Port && (IsAny || other.IsAny || Address!.Equals(other.Address));
    }

    public override string ToString() => Address is null
        ? string.Create(CultureInfo.InvariantCulture, $":{Port}")
        : new IPEndPoint(Address, Port).ToString();

    private bool IsAny => Address is null || Address.Equals(IPAddress.Any);
}
