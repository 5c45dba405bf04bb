using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>What has to be known of a text to choose its transfer encoding, found in one pass from line end to line end.</summary>
/// <param name="IsAscii">No character above 127.</param>
/// <param name="HasNul">A NUL, which no line-based encoding may hold (RFC 5322 4).</param>
/// <param name="LongestLine">Characters of the longest line, without its line end.</param>
/// <param name="LoneLineEnds">CRs and LFs that are not part of a CRLF.</param>
/// <param name="HasUnsafeLine">A line that some mail store would change ("From ") or that could be taken for a boundary.</param>
internal readonly record struct LineShape(bool IsAscii, bool HasNul, int LongestLine, int LoneLineEnds, bool HasUnsafeLine)
{
    public static LineShape Of(ReadOnlySpan<char> text)
    {
        var isAscii = Ascii.IsValid(text);
        var hasNul = text.Contains('\0');
        var longest = 0;
        var loneEnds = 0;
        var isUnsafe = false;
        while (true)
        {
            var end = text.IndexOfAny('\r', '\n');
            var line = end < 0 ? text : text[..end];
            longest = Math.Max(longest, line.Length);
            isUnsafe |= line.StartsWith("From ") || line.StartsWith(Boundary.LineStart);
            if (end < 0)
            {
                return new LineShape(isAscii, hasNul, longest, loneEnds, isUnsafe);
            }

            var isPair = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
            loneEnds += isPair ? 0 : 1;
            text = text[(end + (isPair ? 2 : 1))..];
        }
    }
}
