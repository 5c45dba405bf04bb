using System.Net;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Captured;

/// <summary>What keeps pages without a login safe: who may ask, and what a browser may do with the answer.</summary>
internal static class CapturedPolicy
{
    /// <summary>Only what this server itself sends, and no script or style inside the page.</summary>
    private const string Page =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>A mail's HTML is hostile: no script, no form, no request to anybody, an origin of its own.</summary>
    private const string Mail =
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    /// <summary>
    /// The endpoint for callers that name this machine by its loopback name or address: a page from elsewhere whose name was bound
    /// to this address (DNS rebinding) sends its own name and is refused.
    /// </summary>
    public static RequestDelegate OnLoopbackName(RequestDelegate endpoint) => context =>
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Page;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (!IsLoopbackName(context.Request.Host.Host))
        {
            throw new ProblemException(new Problem(
                ProblemKinds.HostNotAllowed, "The captured mails are shown under a loopback name only: open them by 127.0.0.1, [::1] or localhost."));
        }

        return endpoint(context);
    };

    public static void ForMail(HttpContext context) => context.Response.Headers.ContentSecurityPolicy = Mail;

    /// <summary>Refuses a change that a page of another origin asks for.</summary>
    /// <exception cref="ProblemException">The request comes from another origin.</exception>
    public static void RequireSameOrigin(HttpContext context)
    {
        var origin = context.Request.Headers.Origin;
        var site = context.Request.Headers["Sec-Fetch-Site"];
        var isOurs = (origin is [] || (origin is [{ } only] && only == $"http://{context.Request.Host}"))
            && site is [] or ["same-origin"] or ["none"];
        if (!isOurs)
        {
            throw new ProblemException(new Problem(ProblemKinds.HostNotAllowed, "The captured mails can be changed from their own page only."));
        }
    }

    private static bool IsLoopbackName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
