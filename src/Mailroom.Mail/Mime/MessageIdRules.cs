using System.Diagnostics.CodeAnalysis;

namespace Mailroom.Mail.Mime;

/// <summary>What a Message-ID may be (RFC 5322 3.6.4, without its obsolete forms).</summary>
public static class MessageIdRules
{
    /// <summary>
    /// <c>dot-atom@dot-atom</c> or <c>dot-atom@[literal]</c> in ASCII, at most <see cref="ComposeLimits.MaxParameterLength"/> characters, with or
    /// without angle brackets around it.
    /// </summary>
    public static bool TryCheck(string? messageId, [NotNullWhen(false)] out string? error)
    {
        var id = AttachmentRules.WithoutBrackets(messageId);
        error = id.Length > ComposeLimits.MaxParameterLength
            ? $"is longer than {ComposeLimits.MaxParameterLength} characters"
            : IsWellFormed(id) ? null : "is not of the form local@domain in ASCII";
        return error is null;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> id)
    {
        var at = id.IndexOf('@');
        if (at < 1 || !LocalPartRules.IsAsciiDotAtom(id[..at]))
        {
            return false;
        }

        var right = id[(at + 1)..];
        return right.Length > 2 && right[0] == '[' && right[^1] == ']'
            ? !right[1..^1].ContainsAnyExceptInRange('!', '~') && !right[1..^1].ContainsAny("[]\\<>")
            : LocalPartRules.IsAsciiDotAtom(right);
    }
}
