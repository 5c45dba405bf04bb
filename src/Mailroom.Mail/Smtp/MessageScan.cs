using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mailroom.Mail.Smtp;

/// <summary>What one pass over a message's bytes tells about sending it.</summary>
/// <param name="BareLineEnds">CR without LF and LF without CR; each becomes CRLF on the wire.</param>
/// <param name="LeadingDots">Dots that begin a line that CRLF ended, or the message.</param>
/// <param name="HasEightBit">An octet above 127: the server must offer 8BITMIME.</param>
/// <param name="HasNul">A NUL: only BINARYMIME could carry it, and servers that drop it turn CRLF NUL . CRLF into an end of mail.</param>
/// <param name="EndsLine">The last octet is CR or LF.</param>
/// <param name="WireSize">Octets with every line end CRLF and without dot-stuffing: what SIZE declares (RFC 1870 section 5).</param>
internal readonly record struct MessageScan(int BareLineEnds, int LeadingDots, bool HasEightBit, bool HasNul, bool EndsLine, long WireSize)
{
    /// <summary>The bytes can be sent as they are, followed by the final dot.</summary>
    public bool IsClean => BareLineEnds == 0 && LeadingDots == 0;

    public static MessageScan Of(ReadOnlySpan<byte> message)
    {
        var pass = new Pass();
        var rest = message;
        while (rest.Length >= Vector256<byte>.Count)
        {
            pass.Take(Vector256.Create(rest));
            rest = rest[Vector256<byte>.Count..];
        }
        // The padding ends a CR that closes the message; it is neither a line end nor a dot.
        Span<byte> tail = stackalloc byte[Vector256<byte>.Count];
        tail.Fill((byte)' ');
        rest.CopyTo(tail);
        pass.Take(Vector256.Create<byte>(tail));

        var endsLine = message.Length > 0 && message[^1] is (byte)'\r' or (byte)'\n';
        var wireSize = (long)message.Length + pass.Bare + (endsLine ? 0 : 2);
        return new MessageScan(pass.Bare, pass.Dots, pass.EightBit, pass.Nul, endsLine, wireSize);
    }

    /// <summary>
    /// Does an 8-bit octet stand before the empty line that ends the header? Such a header needs SMTPUTF8 (RFC 6532).
    /// </summary>
    public static bool HeaderHasEightBit(ReadOnlySpan<byte> message)
    {
        var first = message.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
        if (first < 0)
        {
            return false;
        }
        var before = message[..first];
        return before.IndexOf("\r\n\r\n"u8) < 0 && before.IndexOf("\n\n"u8) < 0 && before.IndexOf("\r\r"u8) < 0;
    }

    private struct Pass()
    {
        private uint _afterCr;
        private uint _afterLf = 1;

        public int Bare;
        public int Dots;
        public bool EightBit;
        public bool Nul;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(Vector256<byte> octets)
        {
            var cr = Vector256.Equals(octets, Vector256.Create((byte)'\r')).ExtractMostSignificantBits();
            var lf = Vector256.Equals(octets, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            var dot = Vector256.Equals(octets, Vector256.Create((byte)'.')).ExtractMostSignificantBits();
            EightBit |= octets.ExtractMostSignificantBits() != 0;
            Nul |= Vector256.EqualsAny(octets, Vector256<byte>.Zero);
            // A CR must be followed by LF and an LF must follow a CR: one bit too many or too few is one bare line end.
            Bare += BitOperations.PopCount(((cr << 1) | _afterCr) ^ lf);
            Dots += BitOperations.PopCount(((lf << 1) | _afterLf) & dot);
            _afterCr = cr >> 31;
            _afterLf = lf >> 31;
        }
    }
}
