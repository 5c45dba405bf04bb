namespace Mailroom.Providers.Templates;

/// <summary>
/// Locale names in the shape of BCP 47 (RFC 5646): 2–8 letters, then subtags of 1–8 letters or digits, joined by
/// hyphens, 35 characters at most. Letter case does not matter (section 2.1.1).
/// </summary>
internal static class TemplateLocale
{
    /// <summary>The locale that every template has and that every other falls back to.</summary>
    public const string Default = "en";

    private const int MaxLength = 35;

    public static bool IsWellFormed(ReadOnlySpan<char> name)
    {
        if (name.Length > MaxLength)
        {
            return false;
        }

        var first = true;
        foreach (var range in name.Split('-'))
        {
            var subtag = name[range];
            if (subtag.Length is 0 or > 8 || (first && subtag.Length < 2))
            {
                return false;
            }

            foreach (var c in subtag)
            {
                if (first ? !char.IsAsciiLetter(c) : !char.IsAsciiLetterOrDigit(c))
                {
                    return false;
                }
            }

            first = false;
        }

        return true;
    }

    /// <summary>The next wider locale (<c>zh-Hant-TW</c>, <c>zh-Hant</c>, <c>zh</c>), or nothing past the language.</summary>
    public static string? Wider(string locale)
    {
        var hyphen = locale.LastIndexOf('-');
        return hyphen > 0 ? locale[..hyphen] : null;
    }
}
