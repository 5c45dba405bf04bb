namespace Mailroom.Host.Settings.Hocon;

/// <summary>A position in a text that knows its line.</summary>
internal sealed class HoconCursor(string text, string file)
{
    private int position;
    private int line = 1;

    public HoconLocation Here => new(file, line);

    public bool AtStart => position == 0;

    public bool AtEnd => position >= text.Length;

    /// <summary>The character here. At the end it is a line feed, which ends whatever is being read.</summary>
    public char Current => AtEnd ? '\n' : text[position];

    public bool AtLineEnd => Current == '\n';

    public bool AtBlank => !AtEnd && Current is ' ' or '\t' or '\r' or '\u00a0' or '\ufeff';

    /// <summary>The character here as a message may show it.</summary>
    public string Shown => Current switch
    {
        '\n' => "the end of the line",
        var c when char.IsControl(c) || char.IsSurrogate(c) => $"the character U+{(int)c:X4}",
        var c => $"'{c}'",
    };

    public bool AtComment => Current == '#' || At("//");

    public bool At(string expected) => text.AsSpan(position).StartsWith(expected, StringComparison.Ordinal);

    public bool TryTake(string expected)
    {
        if (!At(expected))
        {
            return false;
        }

        position += expected.Length;
        return true;
    }

    public char Take()
    {
        var taken = Current;
        if (taken == '\n')
        {
            line++;
        }

        position++;
        return taken;
    }

    public void SkipBlanks()
    {
        while (AtBlank)
        {
            position++;
        }
    }

    /// <summary>Reads characters of this line while they are wanted.</summary>
    public string TakeWhile(Func<char, bool> wanted)
    {
        var start = position;
        while (!AtLineEnd && wanted(Current))
        {
            position++;
        }

        return text[start..position];
    }

    /// <summary>Reads from the comment's mark to the end of the line and returns the text after the mark.</summary>
    public string TakeComment() => TakeWhile(_ => true).TrimStart('#', '/').Trim();

    public HoconException Refuse(string cause, string fix) => new(Here, cause, fix);
}
