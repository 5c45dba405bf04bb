namespace Mailroom.Providers.Templates;

/// <summary>Template ids such as <c>auth.login_code</c>: 1–100 of <c>a-z 0-9 . _ -</c>, the first a letter or digit.</summary>
internal static class TemplateId
{
    public const string LoginCode = "auth.login_code";

    private const int MaxLength = 100;

    public static bool IsWellFormed(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > MaxLength || !IsLetterOrDigit(id[0]))
        {
            return false;
        }

        foreach (var c in id)
        {
            if (!IsLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsLetterOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
