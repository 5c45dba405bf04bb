using System.Buffers;

namespace Mailroom.Mail.Mime;

/// <summary>
/// A message as it goes over the wire, in a pooled array: CRLF line ends only, the last line ended, not dot-stuffed.
/// Dispose it once the last attempt to send it has returned; its bytes must not be touched afterwards.
/// </summary>
public sealed class ComposedMessage : IDisposable
{
    private readonly int _length;
    private byte[]? _array;

    internal ComposedMessage(byte[] array, int length, bool has8Bit, bool needsSmtpUtf8)
    {
        _array = array;
        _length = length;
        Has8Bit = has8Bit;
        NeedsSmtpUtf8 = needsSmtpUtf8;
    }

    /// <summary>The whole message.</summary>
    /// <exception cref="ObjectDisposedException">The array has gone back to the pool.</exception>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            var array = _array;
            ObjectDisposedException.ThrowIf(array is null, this);
            return array.AsMemory(0, _length);
        }
    }

    /// <summary>Octets above 127 occur, so the next hop has to offer 8BITMIME.</summary>
    public bool Has8Bit { get; }

    /// <summary>A header holds an address whose local part is not ASCII, so the next hop has to offer SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 { get; }

    public void Dispose()
    {
        // Two returns of one array would hand it to two owners.
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
