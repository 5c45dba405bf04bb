using System.Security.Cryptography;
using System.Text;
using Mailroom.Host.Settings;

namespace Mailroom.Host.Cluster;

/// <summary>What nodes show each other, as a bearer token (RFC 6750, 2.1). Compared in constant time.</summary>
internal sealed class ClusterSecret(Secret secret)
{
    private const string Scheme = "Bearer ";

    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()));

    public string Header => Scheme + secret.Reveal();

    public bool IsShownBy(string? header) =>
        header is not null && header.StartsWith(Scheme, StringComparison.Ordinal)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..])), _hash);
}
