using System.Diagnostics;

namespace Mailroom.Data.Redis;

/// <summary>
/// Takes the bytes of a connection as they come, in pieces of any size, and gives the replies in them. Speaks RESP2 and RESP3. Each
/// byte is looked at once, whatever the pieces; memory is bounded by <see cref="RespLimits"/>, not by what the bytes announce.
/// </summary>
internal sealed class RespDecoder(RespLimits limits)
{
    /// <summary>What an element costs besides its bytes: its place and the object that holds them.</summary>
    private const int ElementCost = 64;

    private readonly Frame[] _frames = new Frame[limits.MaxDepth];
    private readonly RespLine _line = new(limits.MaxLine);
    private int _depth;
    private long _left = limits.MaxReply;
    private bool _began;

    // A value under way: its kind ($, !, =), its length, what has come of it, and where that is kept.
    private byte _valueType;
    private long _valueLength;
    private long _valueCame;
    private byte[]? _value;

    /// <summary>Part of a reply has come.</summary>
    public bool IsMidReply => _began;

    /// <summary>Takes bytes off the front of <paramref name="input"/> until a reply is whole or they are used up.</summary>
    /// <exception cref="RespException">This is no RESP. The decoder is of no further use.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out RedisReply reply)
    {
        while (!input.IsEmpty)
        {
            _began = true;
            var whole = _valueType != 0 ? TryFinishValue(ref input, out var element) : TryBegin(ref input, out element);
            if (whole && TryPlace(element, out reply))
            {
                _left = limits.MaxReply;
                _began = false;
                return true;
            }
        }

        reply = default;
        return false;
    }

    /// <summary>Reads a line. False: it is not whole, or what it begins is not.</summary>
    private bool TryBegin(ref ReadOnlySpan<byte> input, out RedisReply element)
    {
        element = default;
        if (!_line.TryTake(ref input, out var line))
        {
            return false;
        }

        if (line.IsEmpty)
        {
            throw new RespException("an empty line where a reply begins");
        }

        var rest = line[1..];
        switch (line[0])
        {
            case (byte)'+':
                element = RedisReply.Status(rest);
                return true;
            case (byte)'-':
                element = RedisReply.OfError(RedisError.Read(rest));
                return true;
            case (byte)':':
                element = RedisReply.OfInteger(Integer(rest));
                return true;
            case (byte)'$' or (byte)'!' or (byte)'=':
                return BeginValue(line[0], Integer(rest));
            case (byte)'*' when rest.SequenceEqual("-1"u8):
                return true;
            case (byte)'*' or (byte)'~':
                return BeginAggregate(RedisReplyKind.Array, Integer(rest), isAttribute: false, out element);
            case (byte)'>':
                return BeginAggregate(RedisReplyKind.Push, Integer(rest), isAttribute: false, out element);
            case (byte)'%':
                return BeginAggregate(RedisReplyKind.Map, Pairs(rest), isAttribute: false, out element);
            case (byte)'|':
                return BeginAggregate(RedisReplyKind.Map, Pairs(rest), isAttribute: true, out element);
            case (byte)'_' when rest.IsEmpty:
                return true;
            case (byte)'#' when rest is [(byte)'t' or (byte)'f']:
                element = RedisReply.OfBoolean(rest[0] == (byte)'t');
                return true;
            case (byte)',' when RespNumbers.TryDouble(rest, out var number):
                element = RedisReply.OfDouble(number);
                return true;
            case (byte)'(' when IsDigits(rest):
                element = RedisReply.BigNumber(rest);
                return true;
            default:
                throw new RespException($"a reply that begins with byte 0x{line[0]:x2} and is none of RESP's");
        }
    }

    private bool BeginValue(byte type, long length)
    {
        if (length == -1 && type == (byte)'$')
        {
            // RESP2's null: the element is null as it stands.
            return true;
        }

        if (length < 0 || length > limits.MaxSkipped)
        {
            throw new RespException($"a value of {length} bytes");
        }

        (_valueType, _valueLength, _valueCame) = (type, length, 0);
        _value = length <= limits.MaxValue && length + ElementCost <= _left && IsKeeping ? GC.AllocateUninitializedArray<byte>((int)length) : null;
        return false;
    }

    private bool TryFinishValue(ref ReadOnlySpan<byte> input, out RedisReply element)
    {
        element = default;
        var take = (int)Math.Min(_valueLength - _valueCame, input.Length);
        if (take > 0)
        {
            if (_value is not null)
            {
                input[..take].CopyTo(_value.AsSpan((int)_valueCame));
            }

            _valueCame += take;
            input = input[take..];
        }

        // The line's end counts on behind the value: each of its two bytes as it comes.
        while (_valueCame >= _valueLength && !input.IsEmpty)
        {
            if (input[0] != RespWriting.LineEnd[(int)(_valueCame - _valueLength)])
            {
                throw new RespException("a value without CR LF behind it");
            }

            input = input[1..];
            if (++_valueCame == _valueLength + RespWriting.LineEnd.Length)
            {
                element = FinishedValue();
                return true;
            }
        }

        return false;
    }

    private RedisReply FinishedValue()
    {
        var (type, value, length) = (_valueType, _value, _valueLength);
        (_valueType, _value) = (0, null);
        return type switch
        {
            (byte)'!' => RedisReply.OfError(value is null ? new("ERR", $"an error of {length} bytes") : RedisError.Read(value)),
            (byte)'=' when value is null => RedisReply.OmittedValue(length),
            (byte)'=' when value is [_, _, _, (byte)':', ..] => RedisReply.Value(value[4..]),
            (byte)'=' => throw new RespException("a verbatim string without its format"),
            (byte)'$' => value is null ? RedisReply.OmittedValue(length) : RedisReply.Value(value),
            _ => throw new UnreachableException($"A value of type 0x{type:x2} was begun."),
        };
    }

    private bool BeginAggregate(RedisReplyKind kind, long count, bool isAttribute, out RedisReply element)
    {
        element = default;
        if (count < 0 || count > limits.MaxElements)
        {
            throw new RespException($"an aggregate of {count} elements");
        }

        if (count == 0)
        {
            // An attribute of nothing says nothing of the reply that follows it.
            element = RedisReply.Aggregate(kind, 0, []);
            return !isAttribute;
        }

        if (_depth == _frames.Length)
        {
            throw new RespException($"aggregates within aggregates more than {_frames.Length} deep");
        }

        var isKept = !isAttribute && IsKeeping;
        _left -= isKept ? ElementCost : 0;
        _frames[_depth++].Begin(kind, count, isAttribute, isKept);
        return false;
    }

    private bool IsKeeping => _depth == 0 || (_frames[_depth - 1].IsKept && _left > 0);

    /// <summary>Puts an element into the aggregate that it belongs to, and that into its own when it is full. True: the reply is whole.</summary>
    private bool TryPlace(RedisReply element, out RedisReply reply)
    {
        var (isKept, isPaid) = (true, false);
        while (_depth > 0)
        {
            ref var frame = ref _frames[_depth - 1];
            if (isKept && frame.IsKept)
            {
                Keep(ref frame, element, isPaid);
            }

            if (--frame.Missing > 0)
            {
                reply = default;
                return false;
            }

            _depth--;
            if (frame.IsAttribute)
            {
                reply = default;
                return false;
            }

            // An aggregate was paid for when it began: what of it found room is kept even where nothing else does.
            (isKept, isPaid) = (frame.WasKept, true);
            element = frame.End();
        }

        reply = element;
        return true;
    }

    private void Keep(ref Frame frame, in RedisReply element, bool isPaid)
    {
        if (isPaid)
        {
            frame.Add(element);
        }
        else if (_left > 0)
        {
            _left -= ElementCost + element.HeldBytes;
            frame.Add(element);
        }
        else
        {
            // From here on none, as an element out of its place would be taken for another.
            frame.IsKept = false;
        }
    }

    private static long Integer(ReadOnlySpan<byte> text) => RespNumbers.TryInteger(text, out var number) ? number : throw new RespException("a number that is none");

    private long Pairs(ReadOnlySpan<byte> text)
    {
        var pairs = Integer(text);
        return pairs >= 0 && pairs <= limits.MaxElements / 2 ? pairs * 2 : throw new RespException($"a map of {pairs} pairs");
    }

    private static bool IsDigits(ReadOnlySpan<byte> text)
    {
        var digits = text is [(byte)'-' or (byte)'+', ..] ? text[1..] : text;
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    /// <summary>An aggregate under way.</summary>
    private struct Frame
    {
        private const int FirstRoom = 256;

        private RedisReplyKind _kind;
        private long _count;
        private RedisReply[]? _items;
        private int _kept;

        /// <summary>Elements that have not come.</summary>
        public long Missing;

        /// <summary>Elements are still being kept.</summary>
        public bool IsKept;

        /// <summary>The aggregate itself is kept, with as many of its elements as found room.</summary>
        public bool WasKept;

        public bool IsAttribute;

        public void Begin(RedisReplyKind kind, long count, bool isAttribute, bool isKept)
        {
            (_kind, _count, Missing, IsAttribute, IsKept, WasKept, _kept) = (kind, count, count, isAttribute, isKept, isKept, 0);
            _items = isKept ? new RedisReply[Math.Min(count, FirstRoom)] : null;
        }

        public void Add(in RedisReply element)
        {
            if (_kept == _items!.Length)
            {
                Array.Resize(ref _items, (int)Math.Min(_count, _items.Length * 2L));
            }

            _items[_kept++] = element;
        }

        public RedisReply End()
        {
            var items = _items ?? [];
            _items = null;
            Array.Resize(ref items, _kept);
            return RedisReply.Aggregate(_kind, _count, items);
        }
    }
}
