using System.Buffers.Text;

namespace Mailroom.Data.Redis;

/// <summary>A command in the form in which it goes over the wire; it can be sent any number of times.</summary>
public sealed class RedisCommand
{
    /// <summary>Redis takes values up to 512 MB; nothing of ours comes near.</summary>
    private const int LongestCommand = 64 * 1024 * 1024;

    private RedisCommand(string name, byte[] encoded, bool isRepeatable) => (Name, Encoded, IsRepeatable) = (name, encoded, isRepeatable);

    /// <summary>Its first word, for messages; the arguments are never shown.</summary>
    public string Name { get; }

    /// <summary>Running it twice does what running it once does, so it is sent again when the connection breaks before its reply.</summary>
    public bool IsRepeatable { get; }

    internal ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>A command that is never sent twice by itself.</summary>
    /// <exception cref="ArgumentException">It would be longer than 64 MiB.</exception>
    public static RedisCommand Of(string name, params ReadOnlySpan<RedisArgument> arguments) => new(name, Encode(name, arguments), isRepeatable: false);

    /// <summary>A command that changes nothing or sets what it sets whatever was there.</summary>
    /// <inheritdoc cref="Of"/>
    public static RedisCommand Repeatable(string name, params ReadOnlySpan<RedisArgument> arguments) => new(name, Encode(name, arguments), isRepeatable: true);

    public override string ToString() => Name;

    private static byte[] Encode(string name, ReadOnlySpan<RedisArgument> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var size = RespWriting.HeaderLength(arguments.Length + 1) + SizeOf(name);
        foreach (var argument in arguments)
        {
            size += SizeOf(argument);
        }

        if (size > LongestCommand)
        {
            throw new ArgumentException($"A {name} of {size} bytes is longer than {LongestCommand} bytes, which is the most that one command may be.", nameof(arguments));
        }

        var encoded = new byte[size];
        var left = RespWriting.Header((byte)'*', arguments.Length + 1, encoded);
        left = Put(name, left);
        foreach (var argument in arguments)
        {
            left = Put(argument, left);
        }

        return encoded;
    }

    private static long SizeOf(RedisArgument argument)
    {
        var length = argument.ByteCount;
        return RespWriting.HeaderLength(length) + (long)length + RespWriting.LineEnd.Length;
    }

    private static Span<byte> Put(RedisArgument argument, Span<byte> target)
    {
        var length = argument.ByteCount;
        target = RespWriting.Header((byte)'$', length, target);
        argument.CopyTo(target[..length]);
        RespWriting.LineEnd.CopyTo(target[length..]);
        return target[(length + RespWriting.LineEnd.Length)..];
    }
}

/// <summary>The few forms that a request is made of.</summary>
internal static class RespWriting
{
    public static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    public static int DigitsOf(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var written);
        return written;
    }

    public static int HeaderLength(long number) => 1 + DigitsOf(number) + LineEnd.Length;

    /// <summary>Writes a type with a length and gives what is left of the room.</summary>
    public static Span<byte> Header(byte type, long number, Span<byte> target)
    {
        target[0] = type;
        Utf8Formatter.TryFormat(number, target[1..], out var written);
        LineEnd.CopyTo(target[(1 + written)..]);
        return target[(1 + written + LineEnd.Length)..];
    }
}
