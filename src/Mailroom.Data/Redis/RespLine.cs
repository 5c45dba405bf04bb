namespace Mailroom.Data.Redis;

/// <summary>Takes one line at a time off bytes that come in pieces.</summary>
internal sealed class RespLine(int longest)
{
    private byte[] _part = new byte[64];
    private int _length;

    /// <summary>The line without its CR LF, valid until the next call. False: more has to come.</summary>
    /// <exception cref="RespException">It is too long, or ends in a bare LF.</exception>
    public bool TryTake(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        var room = longest + RespWriting.LineEnd.Length - _length;
        var end = (input.Length <= room ? input : input[..room]).IndexOf((byte)'\n');
        if (end < 0)
        {
            if (input.Length >= room)
            {
                throw new RespException($"a line longer than {longest} bytes");
            }

            Keep(input);
            input = [];
            line = [];
            return false;
        }

        if (_length == 0)
        {
            line = input[..(end + 1)];
        }
        else
        {
            Keep(input[..(end + 1)]);
            line = _part.AsSpan(0, _length);
            _length = 0;
        }

        input = input[(end + 1)..];
        line = line is [.., (byte)'\r', (byte)'\n'] ? line[..^2] : throw new RespException("a line that ends in LF without CR");
        return true;
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (_part.Length - _length < piece.Length)
        {
            Array.Resize(ref _part, Math.Max(_part.Length * 2, _length + piece.Length));
        }

        piece.CopyTo(_part.AsSpan(_length));
        _length += piece.Length;
    }
}
