namespace Mailroom.Mail.Smtp;

/// <summary>
/// Finds the end of one reply in a growing buffer and checks its form. It remembers how far it has looked, so that a
/// server that sends one byte at a time costs no more than one that sends the whole.
/// </summary>
/// <remarks>
/// Strict where a lax reading could put replies out of step: three digits from 200 to 599, then a space, a hyphen or the
/// end; one code in all lines; no NUL, no CR inside a line. A bare LF ends a line as CRLF does: servers that send it
/// exist, and replies are read from one peer only, so nothing can be smuggled by it.
/// </remarks>
internal struct ReplyScanner
{
    /// <summary>Octets in one line. RFC 5321 section 4.5.3.1.5 asks for 512; longer ones are seen in the field.</summary>
    public const int MaxLineLength = 8 * 1024;
    public const int MaxReplyLength = 64 * 1024;
    public const int MaxLines = 100;

    private int _lineStart;
    private int _looked;
    private int _lines;
    private int _code;

    public enum Found
    {
        /// <summary>More input is needed.</summary>
        Part,
        Whole,
        /// <summary>This is not a reply; the connection must be closed.</summary>
        Fault,
    }

    /// <summary>
    /// Looks at <paramref name="input"/>, which begins with the reply and holds at least what earlier calls saw.
    /// <paramref name="length"/> is the reply's length in octets when it is whole.
    /// </summary>
    public Found Scan(ReadOnlySpan<byte> input, out int length, out string? fault)
    {
        length = 0;
        while (true)
        {
            var lf = input[_looked..].IndexOf((byte)'\n');
            var lineEnd = lf < 0 ? input.Length : _looked + lf;
            if (lineEnd - _lineStart > MaxLineLength)
            {
                return Fault($"a reply line is longer than {MaxLineLength} octets", out fault);
            }
            if (lineEnd >= MaxReplyLength)
            {
                return Fault($"a reply is longer than {MaxReplyLength} octets", out fault);
            }
            if (lf < 0)
            {
                _looked = input.Length;
                fault = null;
                return Found.Part;
            }
            fault = CheckLine(input[_lineStart..lineEnd], out var last);
            if (fault is not null)
            {
                return Found.Fault;
            }
            _lineStart = _looked = lineEnd + 1;
            if (last)
            {
                length = _lineStart;
                this = default;
                return Found.Whole;
            }
        }
    }

    private static Found Fault(string cause, out string? fault)
    {
        fault = cause;
        return Found.Fault;
    }

    private string? CheckLine(ReadOnlySpan<byte> line, out bool last)
    {
        last = false;
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }
        if (line.ContainsAny((byte)'\0', (byte)'\r'))
        {
            return "a reply line holds a NUL or a bare CR";
        }
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || !IsDigit(line[1]) || !IsDigit(line[2])
            || (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-')))
        {
            return "a reply line does not begin with a code from 200 to 599";
        }
        var code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        if (_lines > 0 && code != _code)
        {
            return $"a reply's lines have different codes, {_code} and {code}";
        }
        if (++_lines > MaxLines)
        {
            return $"a reply has more than {MaxLines} lines";
        }
        _code = code;
        last = line.Length == 3 || line[3] == ' ';
        return null;
    }

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';
}
