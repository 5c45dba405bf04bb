namespace Mailroom.Providers.Templates;

/// <summary>The names that a template can write in a path.</summary>
internal static class TemplateName
{
    private const int MaxLength = 64;

    /// <summary>1–64 of ASCII letters, digits, <c>_</c> and <c>-</c>, the first not a digit or <c>-</c>.</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || !(char.IsAsciiLetter(name[0]) || name[0] == '_'))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A list index: 1–6 digits, no sign.</summary>
    public static bool IsIndex(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 6 && !name.ContainsAnyExceptInRange('0', '9');
}
