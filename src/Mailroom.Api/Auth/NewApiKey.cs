using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Auth;

/// <summary>Makes API keys: a prefix by kind and 32 random bytes, shown once, stored as their SHA-256.</summary>
public static class NewApiKey
{
    public const string TestPrefix = "mr_test_";
    public const string LivePrefix = "mr_live_";

    /// <summary>How much of a key is kept to tell it apart by.</summary>
    private const int ShownLength = 12;

    /// <param name="prefix"><see cref="TestPrefix"/> or <see cref="LivePrefix"/>.</param>
    public static string Draw(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>The key as it is stored, under an id of its own.</summary>
    public static ApiKey Stored(string key, OrgId org, string name, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(clock);
        return new(
            "key_" + Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"), org, name, key[..ShownLength],
            SHA256.HashData(Encoding.ASCII.GetBytes(key)), clock.Now(), null, null);
    }
}
