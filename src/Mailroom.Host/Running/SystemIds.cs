using System.Security.Cryptography;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Running;

/// <summary>Ids from the machine's random numbers.</summary>
internal sealed class SystemIds(TimeProvider clock) : IIdSource
{
    public DeliveryId NewDeliveryId() => new(string.Create(35, Guid.CreateVersion7(clock.GetUtcNow()), static (text, id) =>
    {
        "em_".CopyTo(text);
        id.TryFormat(text[3..], out _, "N");
    }));

    // Only told apart from one another, never guessed at: no secret.
    public long NewToken() => Random.Shared.NextInt64(1, long.MaxValue);
}

/// <summary>Makes API keys: a prefix by kind and 32 random bytes, shown once, stored as their SHA-256.</summary>
internal static class KeyMaker
{
    public const string TestPrefix = "mr_test_";
    public const string LivePrefix = "mr_live_";

    public static string NewKey(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static ApiKey Stored(string key, OrgId org, string name, TimeProvider clock) => new(
        "key_" + Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"), org, name, key[..12],
        SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key)), Actors.Kernel.Instant.From(clock.GetUtcNow()), null, null);
}
