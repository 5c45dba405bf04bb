namespace Mailroom.Mail.Smtp;

/// <summary>
/// Turns a message into what follows 354, in pieces: every line end becomes CRLF first, then a dot that begins a line is
/// doubled (RFC 5321 section 4.5.2). In this order nothing in a message can end it early, whatever the server takes for a
/// line end.
/// </summary>
internal struct DotStuffer()
{
    /// <summary>Room that <see cref="Finish"/> may need, and the least that <see cref="Encode"/> can work with.</summary>
    public const int MaxFinish = 5;

    private bool _lineStart = true;
    private bool _afterCr;

    /// <summary>Encodes as much as fits. Ends with all input consumed or fewer than two octets of room left.</summary>
    public (int Consumed, int Written) Encode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var consumed = 0;
        var written = 0;
        while (consumed < input.Length && output.Length - written >= 2)
        {
            var next = input[consumed];
            if (next is (byte)'\r' or (byte)'\n')
            {
                // The LF of a CRLF: its line end is written already.
                var alreadyEnded = next == '\n' && _afterCr;
                if (!alreadyEnded)
                {
                    "\r\n"u8.CopyTo(output[written..]);
                    written += 2;
                }
                _afterCr = next == '\r';
                _lineStart = true;
                consumed++;
                continue;
            }
            if (_lineStart && next == '.')
            {
                output[written++] = (byte)'.';
            }
            _lineStart = false;
            _afterCr = false;
            var room = input.Slice(consumed, Math.Min(input.Length - consumed, output.Length - written));
            var end = room.IndexOfAny((byte)'\r', (byte)'\n');
            var run = end < 0 ? room : room[..end];
            run.CopyTo(output[written..]);
            consumed += run.Length;
            written += run.Length;
        }
        return (consumed, written);
    }

    /// <summary>Ends the last line if it is open, and writes the final dot. Needs <see cref="MaxFinish"/> octets of room.</summary>
    public readonly int Finish(Span<byte> output)
    {
        var end = _lineStart ? ".\r\n"u8 : "\r\n.\r\n"u8;
        end.CopyTo(output);
        return end.Length;
    }
}
