using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Mailroom.Api.Auth;

/// <summary>The SHA-256 of a key. Callers choose the key and not its hash, so the time that a look-up takes tells them nothing.</summary>
internal readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    private const int MaxLength = 128;
    private const int MinLength = 12;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    /// <summary>False where the token has not the form of a key: <c>mr_test_</c> or <c>mr_live_</c> and letters, digits, <c>_</c> or <c>-</c>.</summary>
    public static bool TryOf(ReadOnlySpan<char> token, out KeyHash hash)
    {
        hash = default;
        if (token.Length is < MinLength or > MaxLength
            || !(token.StartsWith("mr_test_", StringComparison.Ordinal) || token.StartsWith("mr_live_", StringComparison.Ordinal))
            || token.ContainsAnyExcept(Allowed))
        {
            return false;
        }

        Span<byte> key = stackalloc byte[MaxLength];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key[..Encoding.ASCII.GetBytes(token, key)], digest);
        var words = MemoryMarshal.Cast<byte, ulong>(digest);
        hash = new KeyHash(words[0], words[1], words[2], words[3]);
        return true;
    }

    public byte[] ToArray()
    {
        ReadOnlySpan<ulong> words = [A, B, C, D];
        return MemoryMarshal.AsBytes(words).ToArray();
    }
}
