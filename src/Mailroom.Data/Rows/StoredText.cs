using System.Buffers;
using System.Text;

namespace Mailroom.Data.Rows;

/// <summary>What text may be stored: both databases get the same, though only one of them would refuse the rest.</summary>
internal static class StoredText
{
    private static readonly SearchValues<char> Suspect = SearchValues.Create(
        ['\0', .. Enumerable.Range(0xD800, 0x800).Select(code => (char)code)]);

    /// <summary>Somebody else's words: NUL and halves of surrogate pairs become U+FFFD, everything else is kept.</summary>
    public static string? Clean(string? text)
    {
        if (text is null || !text.AsSpan().ContainsAny(Suspect))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar.ToString() : rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>A name that has to be found again as it is.</summary>
    /// <exception cref="UnstorableException">It holds NUL or half a surrogate pair.</exception>
    public static string Exact(string text, string what)
    {
        if (!text.AsSpan().ContainsAny(Suspect))
        {
            return text;
        }

        for (var index = 0; index < text.Length; index++)
        {
            var pair = index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);
            if (text[index] == '\0' || (char.IsSurrogate(text[index]) && !pair))
            {
                throw new UnstorableException($"The {what} holds a character that cannot be stored (NUL or half a surrogate pair).");
            }

            index += pair ? 1 : 0;
        }

        return text;
    }
}

/// <summary>A change is not one that can be written, whatever the state of the store. Nothing of its batch was written.</summary>
public sealed class UnstorableException(string message) : Exception(message);
