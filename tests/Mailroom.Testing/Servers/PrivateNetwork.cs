using System.Globalization;

namespace Mailroom.Testing;

/// <summary>
/// A network of a test's own: this process and some hosts, each in a network namespace, joined by a router that drops without a word what goes between
/// two that are cut off from each other, as a firewall or a broken switch does. Addresses are of RFC 2544's range for tests (198.18.0.0/15). Needs root.
/// </summary>
public sealed class PrivateNetwork : IAsyncDisposable
{
    /// <summary>The last octet of the second address here.</summary>
    private const int Second = 100;

    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"mr{Guid.NewGuid().ToString("N")[..5]}");
    private readonly int net = Random.Shared.Next(1, 255);
    private readonly List<string> namespaces = [];

    private PrivateNetwork()
    {
    }

    /// <summary>This process as hosts see it.</summary>
    public string Here => Address(1);

    /// <summary>Another address of this process, so that one server of it can be cut off and another one not.</summary>
    public string HereToo => Address(Second);

    /// <summary>All addresses of it, for a server that asks where a caller comes from.</summary>
    public string Range => Address(0) + "/24";

    private string Router => prefix + "r";

    /// <summary>Makes it with that many hosts, numbered from 1.</summary>
    /// <exception cref="InvalidOperationException">The machine does not allow it; the message says what it needs.</exception>
    public static async Task<PrivateNetwork> Create(int hosts)
    {
        var network = new PrivateNetwork();
        try
        {
            await network.Build(hosts).ConfigureAwait(false);
            return network;
        }
        catch
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The namespace that a host's processes run in.</summary>
    public string Namespace(int host) => string.Create(CultureInfo.InvariantCulture, $"{prefix}h{host}");

    /// <summary>A host's address.</summary>
    public string AddressOf(int host) => Address((4 * host) + 2);

    /// <summary>From now on nothing gets from one address to the other or back, and nobody is told.</summary>
    public Task Cut(string one, string other) => Rules("add", one, other);

    /// <summary>Undoes <see cref="Cut"/>.</summary>
    public Task Heal(string one, string other) => Rules("del", one, other);

    public async ValueTask DisposeAsync()
    {
        // The links go with the namespaces that one of their ends is in.
        foreach (var name in namespaces)
        {
            await Ip("netns", "del", name).ConfigureAwait(false);
        }
    }

    private async Task Build(int hosts)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("Network namespaces need root: run ./test as root.");
        }

        await Add(Router).ConfigureAwait(false);
        await Inside(Router, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1").ConfigureAwait(false);
        await Link(null, Address(1), Router, Address(2)).ConfigureAwait(false);
        await Ip("addr", "add", HereToo + "/32", "dev", Device(Address(1))).ConfigureAwait(false);
        await Ip("route", "add", Range, "via", Address(2)).ConfigureAwait(false);
        await Ip("-n", Router, "route", "add", HereToo, "via", Address(1)).ConfigureAwait(false);
        for (var host = 1; host <= hosts; host++)
        {
            await Add(Namespace(host)).ConfigureAwait(false);
            var gateway = Address((4 * host) + 1);
            await Link(Router, gateway, Namespace(host), AddressOf(host)).ConfigureAwait(false);
            await Ip("-n", Namespace(host), "route", "add", "default", "via", gateway).ConfigureAwait(false);
        }
    }

    private async Task Add(string name)
    {
        await Ip("netns", "add", name).ConfigureAwait(false);
        namespaces.Add(name);
        await Ip("-n", name, "link", "set", "lo", "up").ConfigureAwait(false);
    }

    /// <summary>A link between two namespaces, the first of which may be this process's own.</summary>
    private async Task Link(string? one, string oneAddress, string other, string otherAddress)
    {
        string[] at = one is null ? [] : ["-n", one];
        await Ip([.. at, "link", "add", Device(oneAddress), "type", "veth", "peer", "name", Device(otherAddress), "netns", other]).ConfigureAwait(false);
        await Ip([.. at, "addr", "add", oneAddress + "/30", "dev", Device(oneAddress)]).ConfigureAwait(false);
        await Ip([.. at, "link", "set", Device(oneAddress), "up"]).ConfigureAwait(false);
        await Ip("-n", other, "addr", "add", otherAddress + "/30", "dev", Device(otherAddress)).ConfigureAwait(false);
        await Ip("-n", other, "link", "set", Device(otherAddress), "up").ConfigureAwait(false);
    }

    private async Task Rules(string what, string one, string other)
    {
        await Ip("-n", Router, "rule", what, "from", one, "to", other, "blackhole").ConfigureAwait(false);
        await Ip("-n", Router, "rule", what, "from", other, "to", one, "blackhole").ConfigureAwait(false);
    }

    private string Address(int last) => string.Create(CultureInfo.InvariantCulture, $"198.18.{net}.{last}");

    /// <summary>A device's name has 15 letters at most.</summary>
    private string Device(string address) => prefix + "v" + address[(address.LastIndexOf('.') + 1)..];

    private static Task Inside(string name, params string[] command) => Ip(["netns", "exec", name, .. command]);

    private static async Task Ip(params string[] arguments)
    {
        var (code, output) = await ChildProcess.Run(Executable.Find("ip"), arguments).ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException(
                $"This machine does not allow what the test needs (network namespaces, veth links and routing rules): ip {string.Join(' ', arguments)} ended with {code}: {output}");
        }
    }
}
