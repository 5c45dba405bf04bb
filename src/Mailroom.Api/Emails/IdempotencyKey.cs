using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary>The <c>Idempotency-Key</c> header: one key of 1 to 256 printable ASCII characters, quoted (RFC 9651 3.3.3) or bare.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    internal const int MaxLength = 256;

    /// <summary>The key, or null where there is none.</summary>
    /// <exception cref="ProblemException">The header is there and not usable.</exception>
    public static string? Read(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var values))
        {
            return null;
        }

        if (values is not [{ } header])
        {
            throw Unusable("was sent more than once");
        }

        var key = Unquote(header.AsSpan().Trim(' '));
        if (key.Length is 0 or > MaxLength)
        {
            throw Unusable($"must be 1 to {MaxLength} characters long");
        }

        return key.ContainsAnyExceptInRange(' ', '~') ? throw Unusable("must be made of printable ASCII characters") : key.ToString();
    }

    /// <summary>Whether a key can be taken, whichever way it came.</summary>
    public static bool IsUsable(ReadOnlySpan<char> key) => key.Length is > 0 and <= MaxLength && !key.ContainsAnyExceptInRange(' ', '~');

    /// <summary>The key of one mail of a batch: <c>key#3</c>. A key too long to be lengthened is stood for by its SHA-256.</summary>
    public static string OfItem(string key, int index)
    {
        var suffix = "#" + index.ToString(CultureInfo.InvariantCulture);
        return key.Length + suffix.Length <= MaxLength
            ? key + suffix
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))) + suffix;
    }

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> header)
    {
        if (header.Length < 2 || header[0] != '"' || header[^1] != '"')
        {
            return header;
        }

        var inner = header[1..^1];
        return inner.Contains('\\') ? inner.ToString().Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal) : inner;
    }

    private static ProblemException Unusable(string why) => new(new Problem(ProblemKinds.InvalidIdempotencyKey, $"The {Header} {why}."));
}
