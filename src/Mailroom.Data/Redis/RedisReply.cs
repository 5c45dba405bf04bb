using System.Globalization;
using System.Text;

namespace Mailroom.Data.Redis;

/// <summary>What a reply is. RESP2 and RESP3 look the same from here: a verbatim string is a value, a set an array.</summary>
public enum RedisReplyKind : byte
{
    Null,

    /// <summary>A short text such as <c>OK</c>.</summary>
    Status,
    Error,
    Integer,

    /// <summary>Bytes.</summary>
    Value,
    Array,

    /// <summary>Keys and values in turn; RESP2 gives an array of the same elements.</summary>
    Map,

    /// <summary>Sent without having been asked for.</summary>
    Push,
    Double,
    Boolean,

    /// <summary>An integer beyond 64 bits, as its digits.</summary>
    BigNumber,
}

/// <summary>One reply, or one element of a reply.</summary>
public readonly struct RedisReply
{
    private static readonly byte[] OkText = "OK"u8.ToArray();

    /// <summary>byte[], RedisReply[] or RedisError; null where there is nothing or it was left out.</summary>
    private readonly object? _held;

    /// <summary>The integer, the bits of the double, or how many bytes or elements there were before any were left out.</summary>
    private readonly long _number;

    private RedisReply(RedisReplyKind kind, long number, object? held) => (Kind, _number, _held) = (kind, number, held);

    public RedisReplyKind Kind { get; }

    public bool IsNull => Kind == RedisReplyKind.Null;

    /// <summary>The error, or null where this is none.</summary>
    public RedisError? Error => _held as RedisError;

    /// <summary>Bytes of a value or elements of an aggregate, those that were left out included.</summary>
    public long Length => _number;

    /// <summary>Whether some of the value or of the elements (not of what is in them) was left out as too large.</summary>
    public bool IsCut => Kind switch
    {
        RedisReplyKind.Value => _held is null,
        RedisReplyKind.Array or RedisReplyKind.Map or RedisReplyKind.Push => _held is not RedisReply[] items || items.Length < _number,
        _ => false,
    };

    /// <summary>The bytes of a value, a status or a big number; none where they were left out.</summary>
    /// <exception cref="RedisException">It is something else.</exception>
    public ReadOnlyMemory<byte> Bytes => Kind is RedisReplyKind.Value or RedisReplyKind.Status or RedisReplyKind.BigNumber
        ? (byte[]?)_held ?? []
        : throw Unexpected("bytes");

    /// <summary>The elements that were kept. For null: none, as RESP2 has a null array.</summary>
    /// <exception cref="RedisException">It is something else.</exception>
    public ReadOnlySpan<RedisReply> Items => Kind switch
    {
        RedisReplyKind.Array or RedisReplyKind.Map or RedisReplyKind.Push => (RedisReply[]?)_held,
        RedisReplyKind.Null => [],
        _ => throw Unexpected("elements"),
    };

    /// <exception cref="RedisException">It is no integer.</exception>
    public long Integer => Kind is RedisReplyKind.Integer or RedisReplyKind.Boolean ? _number : throw Unexpected("an integer");

    /// <summary>A double of RESP3 or its text of RESP2.</summary>
    /// <exception cref="RedisException">It is no number.</exception>
    public double Double =>
        Kind == RedisReplyKind.Double ? BitConverter.Int64BitsToDouble(_number)
        : Kind == RedisReplyKind.Integer ? _number
        : RespNumbers.TryDouble(Bytes.Span, out var number) ? number
        : throw Unexpected("a number");

    /// <summary>A value or status as UTF-8 text; null for null.</summary>
    /// <exception cref="RedisException">It is something else.</exception>
    public string? Text => IsNull ? null : Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>For people: the kind and the size, never the content.</summary>
    public override string ToString() => Kind switch
    {
        RedisReplyKind.Error => $"error {Error!.Prefix}",
        RedisReplyKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
        _ => $"{Kind} of {_number}",
    };

    internal int HeldBytes => _held switch
    {
        byte[] bytes => bytes.Length,
        RedisError error => error.Message.Length * sizeof(char),
        _ => 0,
    };

    internal static RedisReply Status(ReadOnlySpan<byte> text) => new(RedisReplyKind.Status, text.Length, text.SequenceEqual("OK"u8) ? OkText : text.ToArray());

    internal static RedisReply OfError(RedisError error) => new(RedisReplyKind.Error, 0, error);

    internal static RedisReply OfInteger(long number) => new(RedisReplyKind.Integer, number, null);

    internal static RedisReply OfBoolean(bool value) => new(RedisReplyKind.Boolean, value ? 1 : 0, null);

    internal static RedisReply OfDouble(double number) => new(RedisReplyKind.Double, BitConverter.DoubleToInt64Bits(number), null);

    internal static RedisReply BigNumber(ReadOnlySpan<byte> digits) => new(RedisReplyKind.BigNumber, digits.Length, digits.ToArray());

    internal static RedisReply Value(byte[] bytes) => new(RedisReplyKind.Value, bytes.Length, bytes);

    internal static RedisReply OmittedValue(long length) => new(RedisReplyKind.Value, length, null);

    internal static RedisReply Aggregate(RedisReplyKind kind, long announced, RedisReply[] kept) => new(kind, announced, kept);

    private RedisException Unexpected(string wanted) =>
        new(RedisFault.Protocol, $"Redis answered {this} where {wanted} was expected.", Error);
}
