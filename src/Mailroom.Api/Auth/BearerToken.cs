using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Auth;

/// <summary>The token of an <c>Authorization: Bearer</c> header (RFC 6750 2.1).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>False where there is no such header, more than one, or another scheme.</summary>
    public static bool TryRead(HttpContext context, out ReadOnlySpan<char> token)
    {
        var values = context.Request.Headers.Authorization;
        if (values is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            token = header.AsSpan(Scheme.Length).Trim(' ');
            return token.Length > 0;
        }

        token = default;
        return false;
    }
}
