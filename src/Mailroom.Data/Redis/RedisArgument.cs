using System.Buffers.Text;
using System.Text;

namespace Mailroom.Data.Redis;

/// <summary>One argument of a command: text (as UTF-8), bytes or an integer.</summary>
public readonly struct RedisArgument
{
    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly long? _number;

    private RedisArgument(string? text, ReadOnlyMemory<byte> bytes, long? number) => (_text, _bytes, _number) = (text, bytes, number);

    public static implicit operator RedisArgument(string text) => FromString(text);

    public static implicit operator RedisArgument(byte[] bytes) => new(null, bytes, null);

    public static implicit operator RedisArgument(ReadOnlyMemory<byte> bytes) => new(null, bytes, null);

    public static implicit operator RedisArgument(long number) => new(null, default, number);

    public static RedisArgument FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(text, default, null);
    }

    internal int ByteCount =>
        _text is not null ? Encoding.UTF8.GetByteCount(_text)
        : _number is { } number ? RespWriting.DigitsOf(number)
        : _bytes.Length;

    /// <summary>Writes <see cref="ByteCount"/> bytes.</summary>
    internal void CopyTo(Span<byte> target)
    {
        if (_text is not null)
        {
            Encoding.UTF8.GetBytes(_text, target);
        }
        else if (_number is { } number)
        {
            Utf8Formatter.TryFormat(number, target, out _);
        }
        else
        {
            _bytes.Span.CopyTo(target);
        }
    }
}
