using System.Buffers.Text;

namespace Mailroom.Data.Redis;

/// <summary>Numbers as RESP writes them.</summary>
internal static class RespNumbers
{
    /// <summary>An optional sign and digits, nothing else, within 64 bits.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> text, out long number) => Utf8Parser.TryParse(text, out number, out var used) && used == text.Length;

    public static bool TryDouble(ReadOnlySpan<byte> text, out double number)
    {
        number = text switch
        {
            _ when text.SequenceEqual("inf"u8) || text.SequenceEqual("+inf"u8) => double.PositiveInfinity,
            _ when text.SequenceEqual("-inf"u8) => double.NegativeInfinity,
            _ when text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8) => double.NaN,
            _ => 0,
        };
        return number != 0 || (Utf8Parser.TryParse(text, out number, out var used) && used == text.Length && double.IsFinite(number));
    }
}
