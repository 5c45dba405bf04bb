using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// The lexical pieces of an address (RFC 5322 3.2) read from left to right: the position only ever grows, so the time is linear whatever the input nests.
/// </summary>
/// <param name="text">Without controls and lone surrogates.</param>
/// <param name="bare">Neither blanks nor comments are stepped over.</param>
internal ref struct AddressScanner(ReadOnlySpan<char> text, bool bare)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _position;

    public readonly int Position => _position;

    public readonly char Current => _position < _text.Length ? _text[_position] : '\0';

    public readonly bool AtEnd => _position >= _text.Length;

    /// <summary>What is not read yet.</summary>
    public readonly ReadOnlySpan<char> Rest => _text[_position..];

    /// <summary>What a method that answered false or null found wrong.</summary>
    public string? Error { get; private set; }

    public void Skip(int count) => _position += count;

    /// <summary>Steps over blanks and comments; false where a comment does not end. Nesting is a count, not a recursion.</summary>
    public bool SkipCfws()
    {
        if (bare)
        {
            return true;
        }

        var depth = 0;
        for (; !AtEnd; _position++)
        {
            switch (_text[_position])
            {
                case '(':
                    depth++;
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case '\\' when depth > 0:
                    _position++;
                    break;
                case ' ':
                    break;
                default:
                    if (depth == 0)
                    {
                        return true;
                    }

                    break;
            }
        }

        _position = _text.Length;
        if (depth > 0)
        {
            Error = "has a comment that is not closed";
        }

        return depth == 0;
    }

    /// <summary>The longest run of atom characters, dots and non-ASCII; may be empty.</summary>
    public ReadOnlySpan<char> Atoms()
    {
        var start = _position;
        while (!AtEnd)
        {
            var length = _text[_position..].IndexOfAnyExcept(TextRules.AtextOrDot);
            _position = length < 0 ? _text.Length : _position + length;
            if (Current < 0x80)
            {
                break;
            }

            _position++;
        }

        return _text[start.._position];
    }

    /// <summary>The content between the quotes with its escapes resolved, or null where the closing quote is missing.</summary>
    public string? QuotedString()
    {
        var content = new StringBuilder();
        for (_position++; !AtEnd; _position++)
        {
            var c = _text[_position];
            if (c == '"')
            {
                _position++;
                return content.ToString();
            }

            if (c == '\\' && ++_position < _text.Length)
            {
                c = _text[_position];
            }

            content.Append(c);
        }

        _position = _text.Length;
        Error = "has a quote that is not closed";
        return null;
    }
}
