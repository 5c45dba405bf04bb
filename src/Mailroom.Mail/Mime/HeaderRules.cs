using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mailroom.Mail.Mime;

/// <summary>
/// Which headers a caller may add to a mail. The composer applies these rules to every mail; an edge calls them first to name the field at fault.
/// </summary>
public static class HeaderRules
{
    /// <summary>
    /// Headers that hold ids, URIs or addresses, not text: their value is written as given, so it has to be ASCII, may not be empty,
    /// and may come once (RFC 5322 3.6, RFC 2369 3.4, RFC 8058 3.1, RFC 3834 5).
    /// </summary>
    private static readonly FrozenSet<string> s_structured = new[]
    {
        "In-Reply-To", "References", "Auto-Submitted", "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
        "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Help", "List-Post", "List-Owner", "List-Archive",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> s_reserved = new[]
    {
        "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Apparently-To", "Subject", "Date", "Message-ID", "MIME-Version",
        "Return-Path", "Received", "Received-SPF", "Delivered-To", "Authentication-Results", "DKIM-Signature", "DomainKey-Signature",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_reservedPrefixes = ["Content-", "Resent-", "ARC-"];

    /// <summary>RFC 5322 3.6.8 ftext: printable ASCII but the colon.</summary>
    private static readonly SearchValues<char> s_ftext =
        SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Select(c => (char)c).Where(c => c != ':')]);

    /// <summary>1 to <see cref="ComposeLimits.MaxHeaderNameLength"/> characters of ftext.</summary>
    public static bool IsValidName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= ComposeLimits.MaxHeaderNameLength && !name.ContainsAnyExcept(s_ftext);

    /// <summary>
    /// A header that the composer writes from the mail's own fields (From, To, Subject, Date, Content-*, …) or that only a mail server may add
    /// (Received, Return-Path, DKIM-Signature, ARC-*, Resent-*, …), and therefore no caller.
    /// </summary>
    public static bool IsReserved(string name) =>
        s_reserved.Contains(name) || s_reservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Checks one header.</summary>
    /// <param name="name">The name, without the colon.</param>
    /// <param name="value">The value, not folded and not encoded.</param>
    /// <param name="error">Where the answer is false: what is wrong, without the value.</param>
    public static bool TryCheck(string? name, string? value, [NotNullWhen(false)] out string? error)
    {
        error = CheckName(name) ?? CheckValue(name!, value);
        return error is null;
    }

    /// <summary>Checks all the headers of one mail, also against <see cref="ComposeLimits.MaxHeaders"/> and <see cref="ComposeLimits.MaxHeaderBytes"/>.</summary>
    /// <param name="headers">The headers in order.</param>
    /// <param name="index">Where the answer is false: the header at fault.</param>
    /// <param name="error">Where the answer is false: what is wrong, without the value.</param>
    public static bool TryCheckAll(IReadOnlyList<MailHeader> headers, out int index, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(headers);
        index = 0;
        if (headers.Count > ComposeLimits.MaxHeaders)
        {
            index = ComposeLimits.MaxHeaders;
            error = $"is one header too many; at most {ComposeLimits.MaxHeaders} may be added";
            return false;
        }

        var octets = 0L;
        for (; index < headers.Count; index++)
        {
            var (name, value) = headers[index];
            if (!TryCheck(name, value, out error))
            {
                return false;
            }

            octets += name.Length + Encoding.UTF8.GetByteCount(value) + 4;
            if (octets > ComposeLimits.MaxHeaderBytes)
            {
                error = $"takes the added headers past {ComposeLimits.MaxHeaderBytes} octets in all";
                return false;
            }

            if (IsStructured(name) && ComesBefore(headers, index))
            {
                error = "is given twice, where a mail may hold one";
                return false;
            }
        }

        error = null;
        return true;
    }

    internal static bool IsStructured(string name) => s_structured.Contains(name);

    private static bool ComesBefore(IReadOnlyList<MailHeader> headers, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (string.Equals(headers[i].Name, headers[index].Name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string? CheckName(string? name)
    {
        if (!IsValidName(name))
        {
            return $"has a name that is not 1 to {ComposeLimits.MaxHeaderNameLength} printable ASCII characters without blanks and colons";
        }

        return IsReserved(name!) ? "may not be set: it is written from the mail's own fields, or by mail servers" : null;
    }

    private static string? CheckValue(string name, string? value)
    {
        if (value is null)
        {
            return "has no value";
        }

        if (value.AsSpan().ContainsAny(TextRules.ControlsButTab))
        {
            return TextRules.ControlError;
        }

        if (TextRules.HasLoneSurrogate(value))
        {
            return "is not valid Unicode text";
        }

        return IsStructured(name) ? CheckStructured(value) : null;
    }

    private static string? CheckStructured(string value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return "has an empty value";
        }

        if (!Ascii.IsValid(value))
        {
            return "has characters outside ASCII, where ids, addresses or URIs are expected; percent-encode them";
        }

        return HeaderText.CanFold(value)
            ? null
            : $"has more than {HeaderText.MaxWord} characters without a blank, or as many blanks, so it cannot be folded into lines";
    }
}
