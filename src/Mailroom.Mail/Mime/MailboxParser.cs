using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// RFC 5322 3.4 <c>mailbox</c> by one pass from left to right: the position only ever grows, so the time is linear whatever the input nests.
/// </summary>
internal ref struct MailboxParser
{
    private readonly ReadOnlySpan<char> _text;
    private readonly Span<char> _name;
    private readonly AddressForms _forms;

    /// <summary>Nothing but the addr-spec is expected: neither blanks nor comments around its parts.</summary>
    private readonly bool _bare;
    private int _position;
    private int _nameLength;
    private string? _error;

    private MailboxParser(ReadOnlySpan<char> text, Span<char> name, AddressForms forms, bool bare)
    {
        _bare = bare;
        _text = text;
        _name = name;
        _forms = forms;
    }

    private readonly char Current => _position < _text.Length ? _text[_position] : '\0';

    private readonly bool AtEnd => _position >= _text.Length;

    public static bool TryParse(
        string? text, AddressForms forms, [NotNullWhen(true)] out MailboxAddress? mailbox, [NotNullWhen(false)] out string? error)
    {
        mailbox = null;
        error = CheckInput(text);
        if (error is not null)
        {
            return false;
        }

        // A name is never longer than its input, plus one blank.
        var parser = new MailboxParser(text, stackalloc char[MailboxAddress.MaxInputLength + 1], forms, bare: false);
        mailbox = parser.Mailbox();
        error = mailbox is null ? parser._error ?? "is not an address" : null;
        return mailbox is not null;
    }

    /// <summary>Reads an addr-spec that fills the whole text, and gives it a name that was checked before.</summary>
    public static bool TryAddrSpec(
        string? text, string? name, [NotNullWhen(true)] out MailboxAddress? mailbox, [NotNullWhen(false)] out string? error)
    {
        mailbox = null;
        error = CheckInput(text);
        if (error is not null)
        {
            return false;
        }

        var parser = new MailboxParser(text, [], AddressForms.DomainLiterals, bare: true);
        var start = parser.Current;
        var local = start == '"' ? parser.QuotedString() : parser.Atoms().ToString();
        mailbox = local is null ? null : parser.AddrSpec(local, start == '"', name);
        if (mailbox is not null && !parser.AtEnd)
        {
            mailbox = null;
            parser._error = "has something after its domain";
        }

        error = mailbox is null ? parser._error ?? "is not an address" : null;
        return mailbox is not null;
    }

    private static string? CheckInput([NotNull] string? text)
    {
        text ??= "";
        if (string.IsNullOrWhiteSpace(text))
        {
            return "is empty";
        }

        if (text.Length > MailboxAddress.MaxInputLength)
        {
            return $"is longer than {MailboxAddress.MaxInputLength} characters";
        }

        if (text.AsSpan().ContainsAny(TextRules.Controls))
        {
            return TextRules.ControlError;
        }

        return TextRules.HasLoneSurrogate(text) ? "is not valid Unicode text" : null;
    }

    private MailboxAddress? Mailbox()
    {
        if (!SkipCfws())
        {
            return null;
        }

        if (Current == '<')
        {
            return AngleAddr();
        }

        // The first word is a local part if an @ follows it, else it begins a display name.
        var quoted = Current == '"';
        var word = quoted ? QuotedString() : Atoms().ToString();
        if (word is null)
        {
            return null;
        }

        if (word.Length == 0 && !quoted)
        {
            return Fail(Current == '@' ? "has nothing before the @" : "has a character that is only allowed inside quotes");
        }

        var afterWord = _position;
        if (!SkipCfws())
        {
            return null;
        }

        if (Current == '@')
        {
            return Last(AddrSpec(word, quoted, null));
        }

        AppendWord(word, afterBlank: false);
        return Phrase(hadBlank: _position > afterWord) ? AngleAddr() : null;
    }

    /// <summary>The words of a display name after the first, up to the angle bracket; the dot of obs-phrase is taken ("John Q. Public").</summary>
    private bool Phrase(bool hadBlank)
    {
        while (Current != '<')
        {
            if (AtEnd)
            {
                _error = "has no @";
                return false;
            }

            var quoted = Current == '"';
            var word = quoted ? QuotedString() : Atoms().ToString();
            if (word is null)
            {
                return false;
            }

            if (word.Length == 0 && !quoted)
            {
                _error = Current switch
                {
                    ':' or ';' => "is a group, where one mailbox is expected",
                    ',' => "is more than one address, or has a display name with a comma that needs quotes",
                    '@' => "has blanks before the @, or a display name with an @ that needs quotes",
                    _ => "has a display name with a character that needs quotes",
                };
                return false;
            }

            AppendWord(word, hadBlank);
            var afterWord = _position;
            if (!SkipCfws())
            {
                return false;
            }

            hadBlank = _position > afterWord;
        }

        return true;
    }

    private MailboxAddress? AngleAddr()
    {
        _position++;
        if (!SkipCfws())
        {
            return null;
        }

        if (Current is '@' or ',')
        {
            return Fail("has a source route, which is obsolete; write the address alone in the angle brackets");
        }

        if (Current == '>')
        {
            return Fail("has nothing in its angle brackets");
        }

        var quoted = Current == '"';
        var local = quoted ? QuotedString() : Atoms().ToString();
        if (local is null || !SkipCfws())
        {
            return null;
        }

        if (local.Length == 0 && !quoted)
        {
            return Fail("has a character before the @ that is only allowed inside quotes");
        }

        var name = _name[.._nameLength].ToString();
        if (MailboxAddress.CheckName(name) is { } error)
        {
            return Fail(error);
        }

        var mailbox = AddrSpec(local, quoted, name);
        if (mailbox is null || !SkipCfws())
        {
            return null;
        }

        if (Current != '>')
        {
            return Fail("has an angle bracket that is not closed right after the address");
        }

        _position++;
        return Last(mailbox);
    }

    /// <summary>From the local part, which is read already, to the end of the domain.</summary>
    private MailboxAddress? AddrSpec(string local, bool quoted, string? name)
    {
        if (Current != '@')
        {
            return Fail(AtEnd || Current == '>' ? "has no @" : "has a character before the @ that is only allowed inside quotes");
        }

        _position++;
        var localError = quoted ? LocalPartRules.CheckQuoted(local) : LocalPartRules.CheckDotAtom(local);
        if (localError is not null)
        {
            return Fail(localError);
        }

        // "jane"@x and jane@x are one mailbox (RFC 5321 4.1.2): kept in the one form, so that they compare equal.
        var wire = quoted && LocalPartRules.CheckDotAtom(local) is not null ? Quote(local) : local;
        if (!SkipCfws())
        {
            return null;
        }

        return Current == '[' ? Literal(wire, name) : NamedDomain(wire, name);
    }

    private MailboxAddress? NamedDomain(string local, string? name)
    {
        var domain = Atoms().ToString();
        if (domain.Length == 0)
        {
            return Fail("has no domain after the @");
        }

        if (!DomainName.TryToAscii(domain, out var ascii, out var error))
        {
            return Fail(error);
        }

        _error = MailboxAddress.Build($"{local}@{domain}", local.Length, domain, ascii, name, out var mailbox);
        return mailbox;
    }

    private MailboxAddress? Literal(string local, string? name)
    {
        if ((_forms & AddressForms.DomainLiterals) == 0)
        {
            return Fail("has an IP address for a domain; use a domain name");
        }

        var end = _text[_position..].IndexOf(']');
        if (end < 0 || !DomainName.IsLiteral(_text.Slice(_position + 1, end - 1)))
        {
            return Fail("has square brackets after the @ that hold no IP address");
        }

        var domain = _text.Slice(_position, end + 1).ToString();
        _position += end + 1;
        _error = MailboxAddress.Build($"{local}@{domain}", local.Length, domain, DomainName.Lower(domain), name, out var mailbox);
        return mailbox;
    }

    private MailboxAddress? Last(MailboxAddress? mailbox)
    {
        if (mailbox is null || !SkipCfws())
        {
            return null;
        }

        if (AtEnd)
        {
            return mailbox;
        }

        return Fail(Current is ',' or ';' ? "is more than one address" : "has something after its end");
    }

    /// <summary>Steps over blanks and comments; false where a comment does not end. Nesting is a count, not a recursion.</summary>
    private bool SkipCfws()
    {
        if (_bare)
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
            _error = "has a comment that is not closed";
        }

        return depth == 0;
    }

    /// <summary>The longest run of atom characters, dots and non-ASCII; may be empty.</summary>
    private ReadOnlySpan<char> Atoms()
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
    private string? QuotedString()
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
        _error = "has a quote that is not closed";
        return null;
    }

    private void AppendWord(string word, bool afterBlank)
    {
        if (afterBlank && _nameLength > 0)
        {
            _name[_nameLength++] = ' ';
        }

        word.CopyTo(_name[_nameLength..]);
        _nameLength += word.Length;
    }

    private static string Quote(string local) => $"\"{local.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    private MailboxAddress? Fail(string error)
    {
        _error = error;
        return null;
    }
}
