namespace Mailroom.Mail.Mime;

/// <summary>
/// Writes unstructured header text: folded at its own white space (RFC 5322 2.2.3), and as encoded words from the first word that
/// needs it to the last (RFC 2047), so that a reader gets back exactly the text given.
/// </summary>
internal static class HeaderText
{
    /// <summary>Octets of a word that still fits a line of 998 with any header name and some blanks.</summary>
    public const int MaxWord = 800;

    /// <summary>Blanks in a row that are left as they are.</summary>
    private const int MaxBlanks = 40;

    /// <summary>A line with an encoded word is held to 76 (RFC 2047 2).</summary>
    private const int EncodedLine = 76;

    /// <summary>Writes <c>Name: text</c>, encoding what a header cannot hold. The text has been checked for controls.</summary>
    public static void WriteText(MessageBuffer buffer, ReadOnlySpan<char> name, ReadOnlySpan<char> text)
    {
        WriteName(buffer, name);
        if (IsPlain(text) && (text.Length + name.Length + 2 <= ComposeLimits.SoftLine || CanFold(text)))
        {
            WriteFolded(buffer, text, ComposeLimits.SoftLine);
        }
        else
        {
            WriteMixed(buffer, text);
        }

        buffer.EndLine();
    }

    /// <summary>Writes <c>Name: value</c> of ASCII that must not be encoded. <see cref="CanFold"/> has been asked.</summary>
    public static void WriteStructured(MessageBuffer buffer, ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        WriteName(buffer, name);
        WriteFolded(buffer, value.Trim([' ', '\t']), ComposeLimits.SoftLine);
        buffer.EndLine();
    }

    /// <summary>No word and no run of blanks is too long to keep every line within the hard limit.</summary>
    public static bool CanFold(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            NextToken(text, out var blanks, out var word);
            if (blanks.Length > MaxBlanks || word.Length > MaxWord)
            {
                return false;
            }

            text = text[(blanks.Length + word.Length)..];
        }

        return true;
    }

    public static void WriteName(MessageBuffer buffer, ReadOnlySpan<char> name)
    {
        buffer.BeginLine();
        buffer.WriteAscii(name);
        buffer.WriteByte((byte)':');
    }

    private static bool IsPlain(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(TextRules.PrintableOrTab)
        && (text.IsEmpty || !(IsBlank(text[0]) || IsBlank(text[^1])))
        && text.IndexOf("=?") < 0;

    private static void WriteMixed(MessageBuffer buffer, ReadOnlySpan<char> text)
    {
        var (start, end) = EncodedRegion(text);
        var plain = text[..start].TrimEnd([' ', '\t']);
        WriteFolded(buffer, plain, EncodedLine);
        ReadOnlySpan<char> gap = start == 0 ? " " : text[plain.Length..start];
        EncodedWords.Write(buffer, gap, text[start..end]);

        var rest = text[end..];
        while (!rest.IsEmpty)
        {
            NextToken(rest, out var blanks, out var word);
            WriteToken(buffer, blanks, word, EncodedLine);
            rest = rest[(blanks.Length + word.Length)..];
        }
    }

    /// <summary>From the first word that cannot stand as it is to the end of the last such word; outer and over-long blanks count to the region.</summary>
    private static (int Start, int End) EncodedRegion(ReadOnlySpan<char> text)
    {
        var start = -1;
        var end = 0;
        var position = 0;
        var previousWord = 0;
        while (position < text.Length)
        {
            NextToken(text[position..], out var blanks, out var word);
            var wordAt = position + blanks.Length;
            var wordEnd = wordAt + word.Length;
            var oddBlanks = blanks.Length > 0 && (position == 0 || word.IsEmpty || blanks.Length > MaxBlanks);
            if (oddBlanks || NeedsEncoding(word))
            {
                // Blanks are encoded together with the words on both of their sides, which keeps a plain blank between the region and the rest.
                start = start >= 0 ? start : oddBlanks ? previousWord : wordAt;
                end = wordEnd;
            }

            previousWord = wordAt;
            position = wordEnd;
        }

        return (start, end);
    }

    private static bool NeedsEncoding(ReadOnlySpan<char> word) =>
        word.ContainsAnyExcept(TextRules.PrintableOrTab) || word.Length > MaxWord || word.IndexOf("=?") >= 0;

    private static void WriteFolded(MessageBuffer buffer, ReadOnlySpan<char> text, int limit)
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (buffer.Column + 1 + text.Length <= limit)
        {
            buffer.WriteByte((byte)' ');
            buffer.WriteAscii(text);
            return;
        }

        // The first word stays on the header's own line, because some readers take an empty one for the end of the value.
        NextToken(text, out var blanks, out var first);
        buffer.WriteByte((byte)' ');
        buffer.WriteAscii(first);
        text = text[(blanks.Length + first.Length)..];
        while (!text.IsEmpty)
        {
            NextToken(text, out blanks, out var word);
            WriteToken(buffer, blanks, word, limit);
            text = text[(blanks.Length + word.Length)..];
        }
    }

    private static void WriteToken(MessageBuffer buffer, ReadOnlySpan<char> blanks, ReadOnlySpan<char> word, int limit)
    {
        if (buffer.Column + blanks.Length + word.Length > limit)
        {
            buffer.EndLine();
        }

        buffer.WriteAscii(blanks);
        buffer.WriteAscii(word);
    }

    /// <summary>Cuts the leading blanks (perhaps none) and the word after them (empty only at the end).</summary>
    private static void NextToken(ReadOnlySpan<char> text, out ReadOnlySpan<char> blanks, out ReadOnlySpan<char> word)
    {
        var at = text.IndexOfAnyExcept(' ', '\t');
        blanks = at < 0 ? text : text[..at];
        word = text[blanks.Length..];
        at = word.IndexOfAny(' ', '\t');
        word = at < 0 ? word : word[..at];
    }

    private static bool IsBlank(char c) => c is ' ' or '\t';
}
