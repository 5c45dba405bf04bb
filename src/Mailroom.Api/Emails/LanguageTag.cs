namespace Mailroom.Api.Emails;

/// <summary>A locale as callers name it.</summary>
internal static class LanguageTag
{
    private const int MaxLength = 35;

    /// <summary>The current value; null after a fault. Checks the form of a language tag (RFC 5646 2.1), not its meaning.</summary>
    public static string? Read(ref JsonFields json, string path)
    {
        if (json.Line(path, MaxLength) is not { } text)
        {
            return null;
        }

        if (text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            return text;
        }

        json.Faults.Add(path, "must be a language tag such as en or fr-FR");
        return null;
    }
}
