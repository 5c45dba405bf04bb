using System.Security.Cryptography.X509Certificates;

namespace Mailroom.Data.Redis;

/// <summary>How Redis 5 or newer is reached.</summary>
public sealed record RedisOptions
{
    private const int MostReplicas = 16;
    private const int HighestDatabase = 65_535;

    /// <summary>The server that takes writes, as long as it is the master.</summary>
    public required RedisAddress Master { get; init; }

    /// <summary>
    /// Its replicas, at most 16. Nothing is read from a replica: they are asked who they are when <see cref="Master"/> does not answer or
    /// is no master, and the one that has been promoted is used.
    /// </summary>
    public IReadOnlyList<RedisAddress> Replicas { get; init; } = [];

    /// <summary>Null: the user <c>default</c>.</summary>
    public string? Username { get; init; }

    /// <summary>Null: the server asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>0 to 65,535.</summary>
    public int Database { get; init; }

    /// <summary>How long a call waits for its reply, the wait for a connection included: 5 ms to 10 min. A blocking call gets this on top of its block.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Null: in the clear.</summary>
    public RedisTls? Tls { get; init; }

    /// <summary>The name in the server's <c>CLIENT LIST</c>: printable ASCII without blanks.</summary>
    public string ClientName { get; init; } = "mailroom";

    /// <summary>Calls that may wait for replies at once; one more is refused.</summary>
    public int MaxInFlight { get; init; } = 4096;

    /// <summary>Bytes that may wait to be written; a call beyond them is refused.</summary>
    public int MaxUnsentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A connection unused for so long is asked for a sign of life.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>With replicas: how old the last word on who is master may be when a command is sent.</summary>
    public TimeSpan RoleCheck { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait after a first failure to connect; it doubles with each further one up to <see cref="LongestBackoff"/>, and a random half of it is left out.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(25);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(2);

    public RespLimits Limits { get; init; } = new();

    /// <summary>How long a connection may take from the name's look-up to the first PONG.</summary>
    internal TimeSpan ConnectTimeout => TimeSpan.FromTicks(Math.Clamp(OperationTimeout.Ticks * 10, TimeSpan.TicksPerSecond, 10 * TimeSpan.TicksPerSecond));

    /// <summary>A connection whose oldest reply is later than its call's deadline by this is given up.</summary>
    internal TimeSpan HangTimeout => OperationTimeout < TimeSpan.FromMilliseconds(250) ? TimeSpan.FromSeconds(1) : OperationTimeout * 4;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{Master}, database {Database}";

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal RedisOptions Validated()
    {
        Check(Master);
        foreach (var replica in Replicas)
        {
            Check(replica);
        }

        Require(Replicas.Count <= MostReplicas, nameof(Replicas), $"holds {Replicas.Count} addresses: give at most {MostReplicas}");
        Require(Database is >= 0 and <= HighestDatabase, nameof(Database), $"is {Database}: set it between 0 and {HighestDatabase}");
        Require(
            OperationTimeout >= TimeSpan.FromMilliseconds(5) && OperationTimeout <= TimeSpan.FromMinutes(10), nameof(OperationTimeout),
            $"is {OperationTimeout}: set it between 5 ms and 10 min");
        Require(ClientName.Length is > 0 and <= 64 && ClientName.All(c => c is > ' ' and < '\x7f'), nameof(ClientName), "must be 1 to 64 printable ASCII characters without blanks");
        Require(MaxInFlight is >= 1 and <= 1_000_000, nameof(MaxInFlight), $"is {MaxInFlight}: set it between 1 and 1,000,000");
        Require(MaxUnsentBytes >= 64 * 1024, nameof(MaxUnsentBytes), $"is {MaxUnsentBytes}: set it to 64 KiB or more");
        Require(KeepAlive > TimeSpan.Zero && KeepAlive <= TimeSpan.FromHours(1), nameof(KeepAlive), $"is {KeepAlive}: set it between zero and an hour");
        Require(RoleCheck > TimeSpan.Zero && RoleCheck <= TimeSpan.FromHours(1), nameof(RoleCheck), $"is {RoleCheck}: set it between zero and an hour");
        Require(FirstBackoff > TimeSpan.Zero && FirstBackoff <= LongestBackoff, nameof(FirstBackoff), $"is {FirstBackoff}: set it between zero and {nameof(LongestBackoff)}");
        Require(LongestBackoff <= TimeSpan.FromMinutes(5), nameof(LongestBackoff), $"is {LongestBackoff}: set it to 5 min or less");
        return this;
    }

    private static void Check(RedisAddress address) =>
        Require(!string.IsNullOrWhiteSpace(address.Host) && address.Port is >= 1 and <= 65_535, "Address", $"is {address}: give host:port");

    private static void Require(bool holds, string name, string cause)
    {
        if (!holds)
        {
            throw new ArgumentException($"Redis: {name} {cause}.");
        }
    }
}

/// <summary>TLS from the first byte, 1.2 or newer.</summary>
public sealed record RedisTls
{
    /// <summary>The name that the certificate has to be for. Null: the host of the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Takes any certificate. Whoever is on the way can then read the password and everything else.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Roots to trust in place of the system's. Null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }
}
