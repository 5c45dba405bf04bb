using System.Diagnostics.CodeAnalysis;

namespace Mailroom.Mail.Mime;

/// <summary>
/// RFC 5322 3.4 <c>mailbox</c>, by one pass of an <see cref="AddressScanner"/> from left to right.
/// </summary>
internal ref struct MailboxParser
{
    private readonly Span<char> _name;
    private readonly AddressForms _forms;
    private AddressScanner _scanner;
    private int _nameLength;
    private string? _error;

    private MailboxParser(ReadOnlySpan<char> text, Span<char> name, AddressForms forms, bool bare)
    {
        _scanner = new AddressScanner(text, bare);
        _name = name;
        _forms = forms;
    }

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
        error = mailbox is null ? parser._error ?? parser._scanner.Error ?? "is not an address" : null;
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
        var start = parser._scanner.Current;
        var local = start == '"' ? parser._scanner.QuotedString() : parser._scanner.Atoms().ToString();
        mailbox = local is null ? null : parser.AddrSpec(local, start == '"', name);
        if (mailbox is not null && !parser._scanner.AtEnd)
        {
            mailbox = null;
            parser._error = "has something after its domain";
        }

        error = mailbox is null ? parser._error ?? parser._scanner.Error ?? "is not an address" : null;
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
        if (!_scanner.SkipCfws())
        {
            return null;
        }

        if (_scanner.Current == '<')
        {
            return AngleAddr();
        }

        // The first word is a local part if an @ follows it, else it begins a display name.
        var quoted = _scanner.Current == '"';
        var word = quoted ? _scanner.QuotedString() : _scanner.Atoms().ToString();
        if (word is null)
        {
            return null;
        }

        if (word.Length == 0 && !quoted)
        {
            return Fail(_scanner.Current == '@' ? "has nothing before the @" : "has a character that is only allowed inside quotes");
        }

        var afterWord = _scanner.Position;
        if (!_scanner.SkipCfws())
        {
            return null;
        }

        if (_scanner.Current == '@')
        {
            return Last(AddrSpec(word, quoted, null));
        }

        AppendWord(word, afterBlank: false);
        return Phrase(hadBlank: _scanner.Position > afterWord) ? AngleAddr() : null;
    }

    /// <summary>The words of a display name after the first, up to the angle bracket; the dot of obs-phrase is taken ("John Q. Public").</summary>
    private bool Phrase(bool hadBlank)
    {
        while (_scanner.Current != '<')
        {
            if (_scanner.AtEnd)
            {
                _error = "has no @";
                return false;
            }

            var quoted = _scanner.Current == '"';
            var word = quoted ? _scanner.QuotedString() : _scanner.Atoms().ToString();
            if (word is null)
            {
                return false;
            }

            if (word.Length == 0 && !quoted)
            {
                _error = _scanner.Current switch
                {
                    ':' or ';' => "is a group, where one mailbox is expected",
                    ',' => "is more than one address, or has a display name with a comma that needs quotes",
                    '@' => "has blanks before the @, or a display name with an @ that needs quotes",
                    _ => "has a display name with a character that needs quotes",
                };
                return false;
            }

            AppendWord(word, hadBlank);
            var afterWord = _scanner.Position;
            if (!_scanner.SkipCfws())
            {
                return false;
            }

            hadBlank = _scanner.Position > afterWord;
        }

        return true;
    }

    private MailboxAddress? AngleAddr()
    {
        _scanner.Skip(1);
        if (!_scanner.SkipCfws())
        {
            return null;
        }

        if (_scanner.Current is '@' or ',')
        {
            return Fail("has a source route, which is obsolete; write the address alone in the angle brackets");
        }

        if (_scanner.Current == '>')
        {
            return Fail("has nothing in its angle brackets");
        }

        var quoted = _scanner.Current == '"';
        var local = quoted ? _scanner.QuotedString() : _scanner.Atoms().ToString();
        if (local is null || !_scanner.SkipCfws())
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
        if (mailbox is null || !_scanner.SkipCfws())
        {
            return null;
        }

        if (_scanner.Current != '>')
        {
            return Fail("has an angle bracket that is not closed right after the address");
        }

        _scanner.Skip(1);
        return Last(mailbox);
    }

    /// <summary>From the local part, which is read already, to the end of the domain.</summary>
    private MailboxAddress? AddrSpec(string local, bool quoted, string? name)
    {
        if (_scanner.Current != '@')
        {
            return Fail(_scanner.AtEnd || _scanner.Current == '>' ? "has no @" : "has a character before the @ that is only allowed inside quotes");
        }

        _scanner.Skip(1);
        var localError = quoted ? LocalPartRules.CheckQuoted(local) : LocalPartRules.CheckDotAtom(local);
        if (localError is not null)
        {
            return Fail(localError);
        }

        // "jane"@x and jane@x are one mailbox (RFC 5321 4.1.2): kept in the one form, so that they compare equal.
        var wire = quoted && LocalPartRules.CheckDotAtom(local) is not null ? Quote(local) : local;
        if (!_scanner.SkipCfws())
        {
            return null;
        }

        return _scanner.Current == '[' ? Literal(wire, name) : NamedDomain(wire, name);
    }

    private MailboxAddress? NamedDomain(string local, string? name)
    {
        var domain = _scanner.Atoms().ToString();
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

        var rest = _scanner.Rest;
        var end = rest.IndexOf(']');
        if (end < 0 || !DomainName.IsLiteral(rest[1..end]))
        {
            return Fail("has square brackets after the @ that hold no IP address");
        }

        var domain = rest[..(end + 1)].ToString();
        _scanner.Skip(end + 1);
        _error = MailboxAddress.Build($"{local}@{domain}", local.Length, domain, DomainName.Lower(domain), name, out var mailbox);
        return mailbox;
    }

    private MailboxAddress? Last(MailboxAddress? mailbox)
    {
        if (mailbox is null || !_scanner.SkipCfws())
        {
            return null;
        }

        if (_scanner.AtEnd)
        {
            return mailbox;
        }

        return Fail(_scanner.Current is ',' or ';' ? "is more than one address" : "has something after its end");
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
