namespace Mailroom.Host.Settings.Hocon;

/// <summary>
/// Reads one file's text into entries: the part of HOCON that settings need, and a refusal with file and line for
/// everything else.
/// </summary>
internal sealed class HoconParser(
    HoconCursor cursor,
    List<HoconEntry> entries,
    List<HoconGroup> groups,
    Action<string, string, HoconLocation> include)
{
    private readonly HoconTextParser texts = new(cursor);
    private readonly List<string> comment = [];

    /// <summary>Reads the whole text; its keys go under the prefix.</summary>
    public void Parse(string prefix)
    {
        SkipGap();
        if (!cursor.TryTake("{"))
        {
            ParseFields(prefix, opened: null, depth: 0);
            return;
        }

        ParseFields(prefix, cursor.Here, depth: 1);
        SkipGap();
        if (!cursor.AtEnd)
        {
            throw cursor.Refuse("text follows the closing '}' of the file", "Remove it, or the braces around the file");
        }
    }

    private void ParseFields(string prefix, HoconLocation? opened, int depth)
    {
        if (depth > HoconLimits.Depth)
        {
            throw cursor.Refuse($"groups are nested more than {HoconLimits.Depth} deep", "Write dotted keys instead");
        }

        while (true)
        {
            SkipGap();
            if (cursor.AtEnd)
            {
                if (opened is { } brace)
                {
                    throw new HoconException(brace, "'{' is not closed", "Add the closing '}'");
                }

                return;
            }

            if (cursor.Current == '}')
            {
                if (opened is null)
                {
                    throw cursor.Refuse("'}' closes nothing", "Remove it, or add the opening '{'");
                }

                cursor.Take();
                return;
            }

            ParseField(prefix, depth);
            ParseSeparator('}');
        }
    }

    private void ParseField(string prefix, int depth)
    {
        var above = string.Join('\n', comment);
        comment.Clear();
        var at = cursor.Here;
        var written = ParseKey(at);
        cursor.SkipBlanks();
        if (written == "include" && cursor.Current is not ('=' or ':' or '{'))
        {
            ParseInclude(prefix, at);
            return;
        }

        var key = prefix.Length == 0 ? written : $"{prefix}.{written}";
        if (cursor.At("+="))
        {
            throw cursor.Refuse("'+=' is not supported", "Write the whole list with '='");
        }

        var assigned = cursor.TryTake("=") || cursor.TryTake(":");
        cursor.SkipBlanks();
        if (cursor.TryTake("{"))
        {
            Count(at);
            groups.Add(new HoconGroup(key, at));
            ParseFields(key, at, depth + 1);
            return;
        }

        if (!assigned)
        {
            throw new HoconException(at, $"'=', ':' or '{{' is missing after {key}", $"Write {key} = value");
        }

        Count(at);
        entries.Add(new HoconEntry(key, ParseValue(key), at, above));
    }

    private HoconValue ParseValue(string key)
    {
        if (cursor.Current == '[')
        {
            return ParseList();
        }

        var text = texts.Parse();
        return text.Pieces.Count > 0
            ? text
            : throw cursor.Refuse($"{key} has no value", "Write one on the same line, \"\" for an empty one");
    }

    private HoconList ParseList()
    {
        var at = cursor.Here;
        cursor.Take();
        var items = new List<HoconText>();
        while (true)
        {
            SkipGap();
            if (cursor.AtEnd)
            {
                throw new HoconException(at, "'[' is not closed", "Add the closing ']'");
            }

            if (cursor.TryTake("]"))
            {
                return new HoconList(at, items);
            }

            if (cursor.Current is '[' or '{')
            {
                throw cursor.Refuse("a list holds a list or a group", "Write plain values, separated by commas");
            }

            var item = texts.Parse();
            if (item.Pieces.Count == 0)
            {
                throw cursor.Refuse($"{cursor.Shown} stands where an item of a list should", "Write plain values, separated by commas");
            }

            items.Add(item);
            if (items.Count > HoconLimits.Entries)
            {
                throw cursor.Refuse($"a list has more than {HoconLimits.Entries} items", "Shorten it");
            }

            ParseSeparator(']');
        }
    }

    private void ParseInclude(string prefix, HoconLocation at)
    {
        if (cursor.Current != '"' || cursor.At("\"\"\""))
        {
            throw new HoconException(at, "this form of include is not supported", "Write include \"file.conf\", relative to this file");
        }

        include(texts.ParseQuoted(), prefix, at);
    }

    private string ParseKey(HoconLocation at)
    {
        var key = ParseKeyPart();
        while (key.Length <= HoconLimits.KeyLength && cursor.TryTake("."))
        {
            key = $"{key}.{ParseKeyPart()}";
        }

        return key.Length <= HoconLimits.KeyLength
            ? key
            : throw new HoconException(at, $"a key is longer than {HoconLimits.KeyLength} characters", "Shorten it");
    }

    private string ParseKeyPart()
    {
        var part = cursor.Current == '"' ? texts.ParseQuoted() : cursor.TakeWhile(IsKeyCharacter);
        if (part.Length == 0)
        {
            throw cursor.Refuse($"{cursor.Shown} stands where a key should", "Write key = value");
        }

        return part.All(IsKeyCharacter)
            ? part
            : throw cursor.Refuse("a key is not well formed", "Use letters, digits, '-' and '_', with dots between the parts");
    }

    private static bool IsKeyCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private void ParseSeparator(char closing)
    {
        cursor.SkipBlanks();
        if (cursor.TryTake(",") || cursor.AtLineEnd || cursor.AtComment || cursor.Current == closing)
        {
            return;
        }

        throw cursor.Refuse($"{cursor.Shown} follows a value", "Start a new line, or put a comma between");
    }

    /// <summary>Skips blanks, lines and comments, and keeps the comment lines that stand directly above what follows.</summary>
    private void SkipGap()
    {
        if (!cursor.AtBlank && !cursor.AtComment && (!cursor.AtLineEnd || cursor.AtEnd))
        {
            return;
        }

        comment.Clear();
        var besideValue = !cursor.AtStart;
        var lineIsEmpty = false;
        while (true)
        {
            cursor.SkipBlanks();
            if (cursor.AtComment)
            {
                var text = cursor.TakeComment();
                if (!besideValue)
                {
                    comment.Add(text);
                }

                lineIsEmpty = false;
            }
            else if (cursor.AtLineEnd && !cursor.AtEnd)
            {
                cursor.Take();
                if (lineIsEmpty)
                {
                    comment.Clear();
                }

                lineIsEmpty = true;
                besideValue = false;
            }
            else
            {
                return;
            }
        }
    }

    private void Count(HoconLocation at)
    {
        if (entries.Count + groups.Count >= HoconLimits.Entries)
        {
            throw new HoconException(at, $"there are more than {HoconLimits.Entries} keys", "Split or shorten the file");
        }
    }
}
