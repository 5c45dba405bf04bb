namespace Mailroom.Providers.Templates;

/// <summary>Splits a tag at blanks; a quoted text, a parenthesised call and <c>|…|</c> stay one word each.</summary>
internal static class TagWords
{
    /// <returns>Nothing where a quote, parenthesis or bar is not closed, or touches the next word.</returns>
    public static List<string>? Split(string content)
    {
        var words = new List<string>();
        var at = 0;
        while (at < content.Length)
        {
            if (char.IsWhiteSpace(content[at]))
            {
                at++;
                continue;
            }

            var end = EndOfWord(content, at);
            if (end < 0 || (end < content.Length && !char.IsWhiteSpace(content[end])))
            {
                return null;
            }

            words.Add(content[at..end]);
            at = end;
        }

        return words;
    }

    private static int EndOfWord(string content, int start) => content[start] switch
    {
        '"' => After(content, '"', start),
        '\'' => After(content, '\'', start),
        '|' => After(content, '|', start),
        '(' => After(content, ')', start),
        _ => Blank(content, start),
    };

    private static int After(string content, char close, int start)
    {
        var end = content.IndexOf(close, start + 1);
        return end < 0 ? -1 : end + 1;
    }

    private static int Blank(string content, int start)
    {
        var at = start;
        while (at < content.Length && !char.IsWhiteSpace(content[at]))
        {
            at++;
        }

        return at;
    }
}
