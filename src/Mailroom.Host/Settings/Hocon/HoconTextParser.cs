using System.Globalization;
using System.Text;

namespace Mailroom.Host.Settings.Hocon;

/// <summary>Reads one text: quoted, triple-quoted and unquoted pieces and substitutions, joined up to the end of the value.</summary>
internal sealed class HoconTextParser(HoconCursor cursor)
{
    private const string NotInUnquoted = "$\"{}[]:=,+#`^?!@*&\\";

    public HoconText Parse()
    {
        var at = cursor.Here;
        var pieces = new List<HoconPiece>();
        var blanks = "";
        while (!AtValueEnd(followsText: pieces.Count > 0 && blanks.Length == 0))
        {
            if (cursor.AtBlank)
            {
                blanks += cursor.TakeWhile(_ => cursor.AtBlank);
                continue;
            }

            if (pieces.Count > 0 && blanks.Length > 0)
            {
                pieces.Add(new HoconLiteral(blanks));
            }

            blanks = "";
            pieces.Add(ParsePiece());
        }

        RefuseNull(at, pieces);
        return new HoconText(at, pieces);
    }

    /// <summary>Reads a string in double quotes on one line (RFC 8259 section 7).</summary>
    public string ParseQuoted()
    {
        var opened = cursor.Here;
        cursor.Take();
        var text = new StringBuilder();
        while (true)
        {
            if (cursor.AtLineEnd)
            {
                throw new HoconException(opened, "a string is not closed on its line", "Add the closing double quote");
            }

            if (cursor.At("${"))
            {
                throw cursor.Refuse(
                    "inside double quotes ${ is plain text",
                    "Close the quotes before it, or use three double quotes where it is meant as text");
            }

            var next = cursor.Current;
            if (char.IsControl(next))
            {
                throw cursor.Refuse($"{cursor.Shown} cannot stand in a string", "Write it as an escape, such as \\t");
            }

            cursor.Take();
            switch (next)
            {
                case '"':
                    return text.ToString();
                case '\\':
                    text.Append(ParseEscape());
                    break;
                default:
                    text.Append(next);
                    break;
            }
        }
    }

    private bool AtValueEnd(bool followsText)
    {
        if (followsText && cursor.AtComment)
        {
            throw cursor.Refuse("a comment starts inside a value", "Put the value in double quotes, or a blank before the comment");
        }

        return cursor.AtLineEnd || cursor.Current is ',' or '}' or ']' || cursor.AtComment;
    }

    private HoconPiece ParsePiece()
    {
        if (cursor.TryTake("\"\"\""))
        {
            return new HoconLiteral(ParseTripleQuoted());
        }

        if (cursor.Current == '"')
        {
            return new HoconLiteral(ParseQuoted());
        }

        return cursor.At("${") ? ParseSubstitution() : new HoconLiteral(ParseUnquoted());
    }

    private string ParseUnquoted()
    {
        var text = cursor.TakeWhile(_ => !cursor.AtBlank && !cursor.AtComment && IsUnquoted(cursor.Current));
        if (text.Length == 0)
        {
            throw cursor.Refuse($"{cursor.Shown} cannot stand in an unquoted value", "Put the value in double quotes");
        }

        return text;
    }

    private static bool IsUnquoted(char c) => !char.IsControl(c) && !NotInUnquoted.Contains(c, StringComparison.Ordinal);

    private string ParseTripleQuoted()
    {
        var opened = cursor.Here;
        var text = new StringBuilder();
        while (!cursor.TryTake("\"\"\""))
        {
            if (cursor.AtEnd)
            {
                throw new HoconException(opened, "a string in three double quotes is not closed", "Add the closing three double quotes");
            }

            text.Append(cursor.Take());
        }

        // Quotes beyond the closing three belong to the text: """a"""" is a".
        while (cursor.Current == '"')
        {
            text.Append(cursor.Take());
        }

        return text.ToString();
    }

    private char ParseEscape()
    {
        var escape = cursor.AtLineEnd ? '\n' : cursor.Take();
        return escape switch
        {
            '"' or '\\' or '/' => escape,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => ParseCodeUnit(),
            _ => throw cursor.Refuse("an escape in a string is not known", "Use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
        };
    }

    private char ParseCodeUnit()
    {
        var taken = 0;
        var digits = cursor.TakeWhile(c => char.IsAsciiHexDigit(c) && taken++ < 4);
        return digits.Length == 4
            ? (char)ushort.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw cursor.Refuse("\\u in a string needs four hexadecimal digits", "Write it as \\u00e9, for instance");
    }

    private HoconSubstitution ParseSubstitution()
    {
        var at = cursor.Here;
        cursor.TryTake("${");
        var optional = cursor.TryTake("?");
        var name = cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
        if (name.Length == 0 || !cursor.TryTake("}"))
        {
            throw new HoconException(
                at,
                "a substitution is not well formed",
                "Write ${name} or ${?name}, where the name is a key or an environment variable");
        }

        return new HoconSubstitution(name, optional, at);
    }

    private static void RefuseNull(HoconLocation at, List<HoconPiece> pieces)
    {
        if (pieces is [HoconLiteral { Text: "null" }])
        {
            throw new HoconException(at, "null is not a value here", "Remove the line to keep the default, or write \"\" for an empty value");
        }
    }
}
