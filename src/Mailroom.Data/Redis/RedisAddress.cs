namespace Mailroom.Data.Redis;

/// <summary>Where a Redis server listens.</summary>
/// <param name="Host">A name or an IP address, IPv6 without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct RedisAddress(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
