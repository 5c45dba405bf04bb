using System.Buffers;

namespace Mailroom.Mail.Mime;

/// <summary>The character classes that headers are made of (RFC 5322 3.2.3, RFC 2045 5.1, RFC 2047 5).</summary>
internal static class TextRules
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string AtextSymbols = "!#$%&'*+-/=?^_`{|}~";

    private static readonly char[] s_controls = [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(char.IsControl)];

    /// <summary>Every C0 and C1 control and DEL.</summary>
    public static readonly SearchValues<char> Controls = SearchValues.Create(s_controls);

    /// <summary>As <see cref="Controls"/> but for the tab, which headers may hold as white space.</summary>
    public static readonly SearchValues<char> ControlsButTab = SearchValues.Create([.. s_controls.Where(c => c != '\t')]);

    public static readonly SearchValues<char> Atext = SearchValues.Create(Alphanumeric + AtextSymbols);

    public static readonly SearchValues<char> AtextOrDot = SearchValues.Create(Alphanumeric + AtextSymbols + ".");

    /// <summary>A phrase of atoms: a display name of these, with single blanks, needs no quotes.</summary>
    public static readonly SearchValues<char> AtextOrBlank = SearchValues.Create(Alphanumeric + AtextSymbols + " ");

    public static readonly SearchValues<char> LettersDigitsHyphen = SearchValues.Create(Alphanumeric + "-");

    public static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>RFC 2045 5.1: printable ASCII but blank and tspecials.</summary>
    public static readonly SearchValues<char> Token = SearchValues.Create(Alphanumeric + "!#$%&'*+-.^_`{|}~");

    /// <summary>0x20 to 0x7E and the tab.</summary>
    public static readonly SearchValues<char> PrintableOrTab =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(c => (char)c), '\t']);

    public const string ControlError = "must not contain control characters such as CR, LF or NUL";

    /// <summary>Half of a surrogate pair stands alone: the text has no UTF-8 form.</summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        while (at >= 0)
        {
            text = text[at..];
            if (text.Length < 2 || !char.IsSurrogatePair(text[0], text[1]))
            {
                return true;
            }

            text = text[2..];
            at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        }

        return false;
    }
}
