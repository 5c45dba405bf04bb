using System.Buffers;

namespace Mailroom.Api.Stream;

/// <summary>The <c>traceparent</c> of W3C Trace Context (section 3.2): <c>00-</c>, 32 and 16 hexadecimal digits that are not all 0, two of flags.</summary>
internal static class TraceParent
{
    private const int Length = 55;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>As it came, or null where it is none: what cannot be understood is left out, because mail matters more than its trace.</summary>
    public static string? Of(ReadOnlySpan<byte> value) =>
        value.Length == Length && value.StartsWith("00-"u8) && value[35] == '-' && value[52] == '-'
        && IsId(value[3..35]) && IsId(value[36..52]) && !value[53..].ContainsAnyExcept(HexDigits)
            ? System.Text.Encoding.ASCII.GetString(value)
            : null;

    private static bool IsId(ReadOnlySpan<byte> digits) => !digits.ContainsAnyExcept(HexDigits) && digits.ContainsAnyExcept((byte)'0');
}
