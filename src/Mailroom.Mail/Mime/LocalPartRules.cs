using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>What may stand before the <c>@</c> (RFC 5322 3.4.1, RFC 6532 3.2).</summary>
internal static class LocalPartRules
{
    public static bool IsAsciiDotAtom(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(TextRules.AtextOrDot) && HasGoodDots(text);

    /// <summary>Null where the text is a dot-atom, with UTF-8 letters allowed; else what is wrong.</summary>
    public static string? CheckDotAtom(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return "has nothing before the @";
        }

        if (!HasGoodDots(text))
        {
            return "has a dot at the start or end, or two dots in a row, before the @";
        }

        return CheckVisible(text, TextRules.AtextOrDot, "has a character before the @ that is not allowed outside quotes");
    }

    /// <summary>Null where the text may stand inside a quoted local part; else what is wrong.</summary>
    public static string? CheckQuoted(ReadOnlySpan<char> text) =>
        text.IsEmpty
            ? "has an empty pair of quotes before the @"
            : CheckVisible(text, TextRules.PrintableOrTab, "has a character before the @ that is not allowed");

    private static bool HasGoodDots(ReadOnlySpan<char> text) =>
        text.Length > 0 && text[0] != '.' && text[^1] != '.' && text.IndexOf("..") < 0;

    private static string? CheckVisible(ReadOnlySpan<char> text, SearchValues<char> allowedAscii, string error)
    {
        var at = text.IndexOfAnyExcept(allowedAscii);
        while (at >= 0)
        {
            text = text[at..];
            // The caller has refused lone surrogates, so every step is a whole rune.
            _ = Rune.DecodeFromUtf16(text, out var rune, out var length);
            if (rune.IsAscii || !IsVisible(rune))
            {
                return error;
            }

            text = text[length..];
            at = text.IndexOfAnyExcept(allowedAscii);
        }

        return null;
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
