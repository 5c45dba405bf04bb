using System.Collections.Frozen;

namespace Mailroom.Mail.Mime;

/// <summary>The grammar of a content type (RFC 2045 5.1) and the usual types by file extension.</summary>
internal static class MediaType
{
    public const string Unknown = "application/octet-stream";

    private static readonly FrozenDictionary<string, string> s_byExtension = new Dictionary<string, string>
    {
        [".txt"] = "text/plain", [".log"] = "text/plain", [".md"] = "text/markdown", [".csv"] = "text/csv",
        [".html"] = "text/html", [".htm"] = "text/html", [".css"] = "text/css", [".ics"] = "text/calendar", [".vcf"] = "text/vcard",
        [".xml"] = "application/xml", [".json"] = "application/json", [".pdf"] = "application/pdf", [".rtf"] = "application/rtf",
        [".zip"] = "application/zip", [".gz"] = "application/gzip",
        [".doc"] = "application/msword", [".xls"] = "application/vnd.ms-excel", [".ppt"] = "application/vnd.ms-powerpoint",
        [".docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        [".xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        [".pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".webp"] = "image/webp",
        [".svg"] = "image/svg+xml", [".ico"] = "image/vnd.microsoft.icon", [".tif"] = "image/tiff", [".tiff"] = "image/tiff",
        [".mp3"] = "audio/mpeg", [".wav"] = "audio/wav", [".mp4"] = "video/mp4", [".eml"] = "message/rfc822",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type that goes with the extension, or <see cref="Unknown"/>.</summary>
    public static string FromFileName(string fileName) => s_byExtension.GetValueOrDefault(Path.GetExtension(fileName), Unknown);

    /// <summary>The length of <c>type/subtype</c> at the start, or 0 where there is none.</summary>
    public static int EssenceLength(ReadOnlySpan<char> contentType)
    {
        var slash = TokenLength(contentType);
        if (slash == 0 || slash == contentType.Length || contentType[slash] != '/')
        {
            return 0;
        }

        var subtype = TokenLength(contentType[(slash + 1)..]);
        return subtype == 0 ? 0 : slash + 1 + subtype;
    }

    /// <summary>
    /// Cuts the next <c>; attribute=value</c> off <paramref name="rest"/>: false at the end, and where the rest is no parameter
    /// (then something is left).
    /// </summary>
    public static bool NextParameter(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> parameter, out ReadOnlySpan<char> attribute)
    {
        parameter = attribute = default;
        var text = rest.TrimStart(' ');
        if (text.IsEmpty)
        {
            rest = text;
            return false;
        }

        if (text[0] != ';')
        {
            return false;
        }

        text = text[1..].TrimStart(' ');
        if (text.IsEmpty)
        {
            // A semicolon at the very end is common and means nothing.
            rest = text;
            return false;
        }

        var equals = TokenLength(text);
        if (equals == 0 || equals == text.Length || text[equals] != '=')
        {
            return false;
        }

        var value = ValueLength(text[(equals + 1)..]);
        if (value == 0)
        {
            return false;
        }

        attribute = text[..equals];
        parameter = text[..(equals + 1 + value)];
        rest = text[parameter.Length..];
        return true;
    }

    private static int TokenLength(ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExcept(TextRules.Token);
        return length < 0 ? text.Length : length;
    }

    /// <summary>A token, or a quoted string with its quotes; 0 where it is neither.</summary>
    private static int ValueLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '"')
        {
            return TokenLength(text);
        }

        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    return i + 1;
                case '\\':
                    i++;
                    break;
                default:
                    break;
            }
        }

        return 0;
    }
}
