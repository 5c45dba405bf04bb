using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mailroom.Providers.Templates;

/// <summary>Gathers one part's output in a pooled buffer and refuses the first character past the limit.</summary>
internal sealed class BoundedWriter : TextWriter
{
    private const int FirstRent = 4096;

    private char[] _buffer = ArrayPool<char>.Shared.Rent(FirstRent);
    private int _length;
    private int _limit;

    public BoundedWriter()
        : base(CultureInfo.InvariantCulture)
    {
    }

    public override Encoding Encoding => Encoding.Unicode;

    public ReadOnlySpan<char> Written => _buffer.AsSpan(0, _length);

    /// <summary>Empties the writer and sets the limit, in UTF-16 characters, of what comes next.</summary>
    public void Restart(int limit)
    {
        _length = 0;
        _limit = limit;
    }

    public override void Write(char value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> value)
    {
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    // JSON's spelling: the framework would print "True".
    public override void Write(bool value) => Write(value ? "true" : "false");

    protected override void Dispose(bool disposing)
    {
        if (disposing && _buffer.Length > 0)
        {
            ArrayPool<char>.Shared.Return(_buffer);
            _buffer = [];
            _length = 0;
            _limit = 0;
        }

        base.Dispose(disposing);
    }

    private void Reserve(int count)
    {
        if (count > _limit - _length)
        {
            throw TemplateFault.TooLarge(_limit);
        }

        if (count > _buffer.Length - _length)
        {
            Grow(_length + count);
        }
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<char>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        Written.CopyTo(larger);
        ArrayPool<char>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
