using System.Buffers;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>The pooled array that a message is written into, front to back, with the column of the header line at hand.</summary>
internal sealed class MessageBuffer(int capacity)
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _lineStart;

    public int Length { get; private set; }

    /// <summary>Octets since the last <see cref="BeginLine"/> or <see cref="EndLine"/>.</summary>
    public int Column => Length - _lineStart;

    public void BeginLine() => _lineStart = Length;

    /// <summary>At least <paramref name="size"/> octets to write into; <see cref="Advance"/> by what was used.</summary>
    /// <exception cref="MailFormatException">The message would pass <see cref="ComposeLimits.MaxMessageBytes"/>.</exception>
    public Span<byte> GetSpan(int size)
    {
        if (_bytes.Length - Length < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void WriteByte(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Writes characters that are known to be ASCII.</summary>
    public void WriteAscii(ReadOnlySpan<char> text)
    {
        _ = Ascii.FromUtf16(text, GetSpan(text.Length), out var written);
        Length += written;
    }

    /// <summary>Writes text as UTF-8; half a surrogate pair becomes U+FFFD.</summary>
    public void WriteUtf8(ReadOnlySpan<char> text) =>
        Length += Encoding.UTF8.GetBytes(text, GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));

    public void EndLine()
    {
        Write("\r\n"u8);
        _lineStart = Length;
    }

    /// <summary>Ends the line where the last octets are not a line end already.</summary>
    public void EnsureLineEnd()
    {
        if (!_bytes.AsSpan(0, Length).EndsWith("\r\n"u8))
        {
            EndLine();
        }
    }

    public ComposedMessage ToMessage(bool has8Bit, bool needsSmtpUtf8)
    {
        var message = new ComposedMessage(_bytes, Length, has8Bit, needsSmtpUtf8);
        _bytes = [];
        return message;
    }

    /// <summary>Gives the array back where no message was made of it.</summary>
    public void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    private void Grow(int size)
    {
        var needed = (long)Length + size;
        if (needed > ComposeLimits.MaxMessageBytes)
        {
            throw new MailFormatException("Mail", $"would be composed to more than {ComposeLimits.MaxMessageBytes} octets; send less or smaller attachments");
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, 2L * _bytes.Length), ComposeLimits.MaxMessageBytes));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
