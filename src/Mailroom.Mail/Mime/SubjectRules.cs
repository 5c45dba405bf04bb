using System.Diagnostics.CodeAnalysis;

namespace Mailroom.Mail.Mime;

/// <summary>What a subject may hold.</summary>
public static class SubjectRules
{
    /// <summary>At most <see cref="ComposeLimits.MaxSubjectLength"/> characters without controls but the tab; null is no subject and allowed.</summary>
    public static bool TryCheck(string? subject, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (subject is null)
        {
            return true;
        }

        if (subject.Length > ComposeLimits.MaxSubjectLength)
        {
            error = $"is longer than {ComposeLimits.MaxSubjectLength} characters";
        }
        else if (subject.AsSpan().ContainsAny(TextRules.ControlsButTab))
        {
            error = TextRules.ControlError;
        }
        else if (TextRules.HasLoneSurrogate(subject))
        {
            error = "is not valid Unicode text";
        }

        return error is null;
    }
}
