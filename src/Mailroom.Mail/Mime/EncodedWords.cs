using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// Writes text as RFC 2047 encoded words in UTF-8: Q or B, whichever is shorter for the text; each at most 75 octets, each on a line of at
/// most 76, each of whole characters. They are legal in unstructured text and in phrases alike.
/// </summary>
internal static class EncodedWords
{
    private const int MaxLine = 76;
    private const int MaxEncodedWord = 75;
    private const int Overhead = 12; // =?utf-8?Q? and ?=
    private const int MaxPayload = MaxEncodedWord - Overhead;
    private const int LongestCharacter = 12; // four octets as =XX

    /// <summary>RFC 2047 5 (3): what a Q word in a phrase may hold unescaped.</summary>
    private static readonly SearchValues<byte> s_literal =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"u8);

    /// <summary>Writes <paramref name="gap"/>, folding in front of it where the first word needs that, and then the words.</summary>
    public static void Write(MessageBuffer buffer, ReadOnlySpan<char> gap, ReadOnlySpan<char> text)
    {
        var useQ = QLength(text) <= (Encoding.UTF8.GetByteCount(text) + 2) / 3 * 4;
        Span<byte> octets = stackalloc byte[MaxPayload];
        var first = true;
        while (!text.IsEmpty)
        {
            var blanks = first ? gap : " ";
            if (!first || MaxLine - buffer.Column - blanks.Length - Overhead < LongestCharacter)
            {
                buffer.EndLine();
            }

            first = false;
            var room = Math.Min(MaxPayload, MaxLine - buffer.Column - blanks.Length - Overhead);
            var taken = Take(text, useQ, room, octets, out var count);
            buffer.WriteAscii(blanks);
            WriteWord(buffer, octets[..count], useQ);
            text = text[taken..];
        }
    }

    /// <summary>Fills <paramref name="octets"/> with as many whole characters as the room holds once encoded.</summary>
    private static int Take(ReadOnlySpan<char> text, bool useQ, int room, Span<byte> octets, out int count)
    {
        var taken = 0;
        var cost = 0;
        count = 0;
        while (taken < text.Length)
        {
            // Half a surrogate pair decodes as U+FFFD of length one.
            _ = Rune.DecodeFromUtf16(text[taken..], out var rune, out var length);
            var size = rune.Utf8SequenceLength;
            cost = useQ ? cost + QCost(rune, size) : (count + size + 2) / 3 * 4;
            if (cost > room)
            {
                break;
            }

            count += rune.EncodeToUtf8(octets[count..]);
            taken += length;
        }

        return taken;
    }

    private static void WriteWord(MessageBuffer buffer, ReadOnlySpan<byte> octets, bool useQ)
    {
        buffer.Write(useQ ? "=?utf-8?Q?"u8 : "=?utf-8?B?"u8);
        if (useQ)
        {
            WriteQ(buffer, octets);
        }
        else
        {
            _ = Base64.EncodeToUtf8(octets, buffer.GetSpan(Base64.GetMaxEncodedToUtf8Length(octets.Length)), out _, out var written);
            buffer.Advance(written);
        }

        buffer.Write("?="u8);
    }

    private static void WriteQ(MessageBuffer buffer, ReadOnlySpan<byte> octets)
    {
        var target = buffer.GetSpan(3 * octets.Length);
        var at = 0;
        foreach (var octet in octets)
        {
            if (octet == ' ')
            {
                target[at++] = (byte)'_';
            }
            else if (s_literal.Contains(octet))
            {
                target[at++] = octet;
            }
            else
            {
                target[at++] = (byte)'=';
                target[at++] = Hex.High(octet);
                target[at++] = Hex.Low(octet);
            }
        }

        buffer.Advance(at);
    }

    private static int QLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length += QCost(rune, rune.Utf8SequenceLength);
        }

        return length;
    }

    private static int QCost(Rune rune, int size) => rune.Value == ' ' || (rune.IsAscii && s_literal.Contains((byte)rune.Value)) ? 1 : 3 * size;
}
