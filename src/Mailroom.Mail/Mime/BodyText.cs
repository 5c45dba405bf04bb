using System.Buffers;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// A text body with the transfer encoding that suits it: as it is where that is safe, else quoted-printable or base64, whichever is
/// shorter (quoted-printable where equal, because people can read it).
/// </summary>
internal struct BodyText : IDisposable
{
    private readonly string _text;
    private readonly LineShape _shape;
    private byte[]? _canonical;
    private readonly int _canonicalLength;

    public BodyText(string text, bool allow8Bit)
    {
        _text = text;
        _shape = LineShape.Of(text);
        if (_shape is { IsAscii: true, HasNul: false, HasUnsafeLine: false, LongestLine: <= ComposeLimits.HardLine })
        {
            Encoding = TransferEncoding.SevenBit;
            return;
        }

        _canonical = ToCanonical(text, _shape.LoneLineEnds, out _canonicalLength);
        Encoding = Choose(_canonical.AsSpan(0, _canonicalLength), allow8Bit);
    }

    public TransferEncoding Encoding { get; }

    public readonly void Write(MessageBuffer buffer)
    {
        var canonical = _canonical.AsSpan(0, _canonicalLength);
        switch (Encoding)
        {
            case TransferEncoding.SevenBit:
                WriteLines(buffer, _text, _shape.LoneLineEnds);
                break;
            case TransferEncoding.EightBit:
                buffer.Write(canonical);
                break;
            case TransferEncoding.QuotedPrintable:
                QuotedPrintable.Write(buffer, canonical);
                break;
            case TransferEncoding.Base64:
                Base64Lines.Write(buffer, canonical);
                break;
            default:
                throw new InvalidOperationException($"Transfer encoding {Encoding} is not known.");
        }
    }

    public void Dispose()
    {
        if (_canonical is { } array)
        {
            _canonical = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private readonly TransferEncoding Choose(ReadOnlySpan<byte> canonical, bool allow8Bit)
    {
        if (_shape.HasNul)
        {
            return TransferEncoding.Base64;
        }

        if (allow8Bit && !_shape.HasUnsafeLine && LongestLine(canonical) <= ComposeLimits.HardLine)
        {
            return TransferEncoding.EightBit;
        }

        return QuotedPrintable.EstimateLength(canonical) <= Base64Lines.EncodedLength(canonical.Length)
            ? TransferEncoding.QuotedPrintable
            : TransferEncoding.Base64;
    }

    /// <summary>UTF-8 with CRLF for every line end, as RFC 2045 wants it before either encoding; half a surrogate pair becomes U+FFFD.</summary>
    private static byte[] ToCanonical(string text, int loneLineEnds, out int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(System.Text.Encoding.UTF8.GetByteCount(text) + loneLineEnds);
        length = 0;
        var rest = text.AsSpan();
        while (true)
        {
            var end = loneLineEnds == 0 ? -1 : rest.IndexOfAny('\r', '\n');
            length += System.Text.Encoding.UTF8.GetBytes(end < 0 ? rest : rest[..end], array.AsSpan(length));
            if (end < 0)
            {
                return array;
            }

            array[length++] = (byte)'\r';
            array[length++] = (byte)'\n';
            rest = AfterLineEnd(rest, end);
        }
    }

    private static void WriteLines(MessageBuffer buffer, ReadOnlySpan<char> text, int loneLineEnds)
    {
        var target = buffer.GetSpan(text.Length + loneLineEnds);
        var length = 0;
        while (true)
        {
            var end = loneLineEnds == 0 ? -1 : text.IndexOfAny('\r', '\n');
            _ = Ascii.FromUtf16(end < 0 ? text : text[..end], target[length..], out var written);
            length += written;
            if (end < 0)
            {
                buffer.Advance(length);
                return;
            }

            target[length++] = (byte)'\r';
            target[length++] = (byte)'\n';
            text = AfterLineEnd(text, end);
        }
    }

    private static ReadOnlySpan<char> AfterLineEnd(ReadOnlySpan<char> text, int end) =>
        text[(end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1))..];

    private static int LongestLine(ReadOnlySpan<byte> canonical)
    {
        var longest = 0;
        while (true)
        {
            var end = canonical.IndexOf((byte)'\r');
            if (end < 0)
            {
                return Math.Max(longest, canonical.Length);
            }

            longest = Math.Max(longest, end);
            canonical = canonical[(end + 2)..];
        }
    }
}
