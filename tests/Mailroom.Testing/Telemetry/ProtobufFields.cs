using System.Buffers.Binary;

namespace Mailroom.Testing;

/// <summary>The fields of one protobuf message, in their order, as far as OTLP uses them: varints, fixed 32 and 64 bits, and bytes.</summary>
internal ref struct ProtobufFields(ReadOnlySpan<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The present field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The present field where it is a number.</summary>
    public ulong Value { get; private set; }

    /// <summary>The present field where it is text, bytes or a message; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly double AsDouble => BitConverter.UInt64BitsToDouble(Value);

    public readonly string AsText => System.Text.Encoding.UTF8.GetString(Bytes);

    public readonly string AsHex => Convert.ToHexStringLower(Bytes);

    /// <summary>Goes on to the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">It is no protobuf.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        Number = (int)(tag >> 3);
        Value = 0;
        Bytes = default;
        switch ((int)(tag & 7))
        {
            case Varint:
                Value = ReadVarint();
                return true;
            case Fixed64:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                return true;
            case Fixed32:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                return true;
            case Delimited:
                Bytes = Take(checked((int)ReadVarint()));
                return true;
            default:
                throw new InvalidDataException($"Field {Number} has wire type {tag & 7}, which OTLP does not use.");
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var octet = Take(1)[0];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A varint is longer than ten bytes.");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new InvalidDataException("The message ends within a field.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
