using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mailroom.Mail.Mime;

/// <summary>
/// Quoted-printable (RFC 2045 6.7): exact whatever stands in the text. Lines stay within 76, a blank at the end of a line is encoded, and so is
/// a dot, and the F of "From ", at the start of one, because mail stores and careless relays change those.
/// </summary>
internal static class QuotedPrintable
{
    private const int MaxLine = 76;

    private static readonly SearchValues<byte> s_literal =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(c => (byte)c).Where(c => c != '='), (byte)'\t']);

    /// <summary>The encoded length, but for soft line breaks and the rare octets that only their place makes unsafe.</summary>
    public static long EstimateLength(ReadOnlySpan<byte> canonical)
    {
        var escaped = (long)CountOutsidePrintable(canonical) + canonical.Count((byte)'=');
        var lineEnds = canonical.Count((byte)'\n');
        return canonical.Length + 2 * Math.Max(0, escaped - 2L * lineEnds);
    }

    /// <summary>Encodes text whose only line ends are CRLF, and which holds CR and LF nowhere else.</summary>
    public static void Write(MessageBuffer buffer, ReadOnlySpan<byte> canonical)
    {
        while (true)
        {
            var end = canonical.IndexOf((byte)'\r');
            if (end < 0)
            {
                WriteLine(buffer, canonical);
                return;
            }

            WriteLine(buffer, canonical[..end]);
            buffer.Write("\r\n"u8);
            canonical = canonical[(end + 2)..];
        }
    }

    private static void WriteLine(MessageBuffer buffer, ReadOnlySpan<byte> line)
    {
        var target = buffer.GetSpan(MaxLine + 3);
        var column = 0;
        while (!line.IsEmpty)
        {
            var run = column == 0 && IsUnsafeStart(line) ? 0 : LiteralRun(line);
            var room = MaxLine - column - (run == line.Length ? 0 : 1);
            var taken = run <= room ? run : Math.Min(run, MaxLine - 1 - column);
            if (taken > 0)
            {
                line[..taken].CopyTo(target[column..]);
                column += taken;
                line = line[taken..];
            }
            else if (run == 0 && column + 3 <= (line.Length == 1 ? MaxLine : MaxLine - 1))
            {
                target[column] = (byte)'=';
                target[column + 1] = Hex.High(line[0]);
                target[column + 2] = Hex.Low(line[0]);
                column += 3;
                line = line[1..];
            }
            else
            {
                "=\r\n"u8.CopyTo(target[column..]);
                buffer.Advance(column + 3);
                target = buffer.GetSpan(MaxLine + 3);
                column = 0;
            }
        }

        buffer.Advance(column);
    }

    /// <summary>Octets that may stand as they are; never the blank that ends the line.</summary>
    private static int LiteralRun(ReadOnlySpan<byte> line)
    {
        var run = line.IndexOfAnyExcept(s_literal);
        run = run < 0 ? line.Length : run;
        return run == line.Length && line[^1] is (byte)' ' or (byte)'\t' ? run - 1 : run;
    }

    private static bool IsUnsafeStart(ReadOnlySpan<byte> line) => line[0] == '.' || line.StartsWith("From "u8);

    private static int CountOutsidePrintable(ReadOnlySpan<byte> octets)
    {
        var count = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            var first = Vector128.Create((byte)0x20);
            var width = Vector128.Create((byte)(0x7E - 0x20));
            for (; octets.Length >= Vector128<byte>.Count; octets = octets[Vector128<byte>.Count..])
            {
                var outside = Vector128.GreaterThan(Vector128.Create(octets) - first, width);
                count += BitOperations.PopCount(outside.ExtractMostSignificantBits());
            }
        }

        foreach (var octet in octets)
        {
            count += octet is < 0x20 or > 0x7E ? 1 : 0;
        }

        return count;
    }
}
