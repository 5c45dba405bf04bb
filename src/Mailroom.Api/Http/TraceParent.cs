using System.Buffers;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>What asked for a mail, as W3C Trace Context (section 3.2) writes it: the mail's attempts are linked to it.</summary>
internal static class TraceParent
{
    private const int Length = 55;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>This request's own span where it is recorded, else the caller's where it sent a valid one, else null.</summary>
    public static string? Of(HttpContext context)
    {
        if (Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span)
        {
            return span.Id;
        }

        return context.Request.Headers.TraceParent is [{ } header] && IsValid(header) ? header : null;
    }

    /// <summary>As it came, or null where it is none: what cannot be understood is left out, because mail matters more than its trace.</summary>
    public static string? Of(ReadOnlySpan<byte> value) =>
        value.Length == Length && Encoding.ASCII.GetString(value) is var text && IsValid(text) ? text : null;

    /// <summary>Version 00 only: what a later version adds has no meaning here.</summary>
    public static bool IsValid(ReadOnlySpan<char> header) =>
        header.Length == Length
        && header[..3] is "00-" && header[35] == '-' && header[52] == '-'
        && IsHex(header[3..35]) && IsHex(header[36..52]) && IsHex(header[53..])
        && header[3..35].ContainsAnyExcept('0') && header[36..52].ContainsAnyExcept('0');

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(LowerHex);
}
