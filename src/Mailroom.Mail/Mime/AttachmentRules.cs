using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>What the fields of an <see cref="Attachment"/> may hold. The composer applies these rules; an edge calls them first.</summary>
public static class AttachmentRules
{
    /// <summary>1 to <see cref="ComposeLimits.MaxParameterLength"/> characters without controls. Slashes are left for the reader to judge (RFC 2183 2.3).</summary>
    public static bool TryCheckFileName(string? fileName, [NotNullWhen(false)] out string? error)
    {
        error = CheckFileName(fileName);
        return error is null;
    }

    /// <summary><c>type/subtype</c> and parameters in ASCII, at most <see cref="ComposeLimits.MaxParameterLength"/> characters, not <c>multipart/*</c>.</summary>
    public static bool TryCheckContentType(string? contentType, [NotNullWhen(false)] out string? error)
    {
        error = CheckContentType(contentType);
        return error is null;
    }

    /// <summary>1 to <see cref="ComposeLimits.MaxContentIdLength"/> printable ASCII characters, without blanks; angle brackets only around the whole.</summary>
    public static bool TryCheckContentId(string? contentId, [NotNullWhen(false)] out string? error)
    {
        var id = WithoutBrackets(contentId);
        error = id.Length is 0 or > ComposeLimits.MaxContentIdLength || id.ContainsAnyExceptInRange('!', '~') || id.ContainsAny('<', '>')
            ? $"is not 1 to {ComposeLimits.MaxContentIdLength} printable ASCII characters without blanks and angle brackets"
            : null;
        return error is null;
    }

    internal static ReadOnlySpan<char> WithoutBrackets(ReadOnlySpan<char> id) =>
        id.Length > 1 && id[0] == '<' && id[^1] == '>' ? id[1..^1] : id;

    private static string? CheckFileName(string? fileName)
    {
        if (string.IsNullOrWhiteSpace(fileName))
        {
            return "is empty";
        }

        if (fileName.Length > ComposeLimits.MaxParameterLength)
        {
            return $"is longer than {ComposeLimits.MaxParameterLength} characters";
        }

        if (fileName.AsSpan().ContainsAny(TextRules.Controls))
        {
            return TextRules.ControlError;
        }

        return TextRules.HasLoneSurrogate(fileName) ? "is not valid Unicode text" : null;
    }

    private static string? CheckContentType(string? contentType)
    {
        const string malformed = "is not of the form type/subtype, with parameters as ; name=value";
        if (contentType is null || contentType.Length > ComposeLimits.MaxParameterLength)
        {
            return contentType is null ? malformed : $"is longer than {ComposeLimits.MaxParameterLength} characters";
        }

        if (contentType.AsSpan().ContainsAny(TextRules.Controls))
        {
            return TextRules.ControlError;
        }

        var essence = MediaType.EssenceLength(contentType);
        if (essence == 0 || !Ascii.IsValid(contentType))
        {
            return malformed;
        }

        if (contentType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
        {
            return "is multipart, which an attachment cannot be; attach a whole mail as message/rfc822";
        }

        var rest = contentType.AsSpan(essence);
        while (MediaType.NextParameter(ref rest, out _, out _))
        {
            // Each step cuts one parameter off; what is left at the end decides.
        }

        return rest.IsEmpty ? null : malformed;
    }
}
