using System.Buffers;
using System.Net.Mime;
using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>Attachments: the content comes with the request, in base64 or as an array of byte values; no address is ever fetched.</summary>
internal ref partial struct EmailDraft
{
    private static readonly SearchValues<char> ContentIdCharacters =
        SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Select(c => (char)c).Where(c => c is not ('<' or '>' or '"' or '\\' or '(' or ')'))]);

    private IReadOnlyList<MailAttachment> ReadAttachments(ref JsonFields json)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Wrong(Path("attachments"), "an array of objects", ProblemKinds.InvalidAttachment);
            return [];
        }

        var attachments = new List<MailAttachment>(1);
        for (var index = 0; json.NextItem(); index++)
        {
            var field = $"attachments[{index}]";
            if (index >= EmailLimits.Attachments)
            {
                if (index == EmailLimits.Attachments)
                {
                    json.Faults.Add(Path("attachments"), $"must hold at most {EmailLimits.Attachments} files", ProblemKinds.InvalidAttachment);
                }

                json.Skip();
            }
            else if (json.Token != JsonTokenType.StartObject)
            {
                json.Wrong(Path(field), "an object with filename and content", ProblemKinds.InvalidAttachment);
            }
            else if (ReadAttachment(ref json, field) is { } attachment)
            {
                attachments.Add(attachment);
            }
        }

        return attachments;
    }

    private MailAttachment? ReadAttachment(ref JsonFields json, string field)
    {
        var path = Path(field);
        var (hasName, hasContent, hasType, hasId, hasPath) = (false, false, false, false, false);
        string? name = null;
        string? type = null;
        string? id = null;
        byte[]? content = null;
        while (json.NextName())
        {
            if (json.NameIs("filename"u8))
            {
                Once(ref json, path + ".filename", ref hasName);
                name = ReadFileName(ref json, path + ".filename");
            }
            else if (json.NameIs("content"u8))
            {
                Once(ref json, path + ".content", ref hasContent);
                content = ReadContent(ref json, field);
            }
            else if (json.NameIs("content_type"u8))
            {
                Once(ref json, path + ".content_type", ref hasType);
                type = json.IsNull ? null : ReadContentType(ref json, path + ".content_type");
            }
            else if (json.NameIs("content_id"u8) || json.NameIs("inline_content_id"u8))
            {
                var idPath = $"{path}.{json.Name()}";
                Once(ref json, idPath, ref hasId);
                id = json.IsNull ? null : ReadContentId(ref json, idPath);
            }
            else if (json.NameIs("path"u8))
            {
                Once(ref json, path + ".path", ref hasPath);
                RefusePath(ref json, path + ".path");
            }
            else
            {
                Unknown(ref json, path, ProblemKinds.InvalidAttachment);
            }
        }

        Missing(json.Faults, path + ".filename", hasName);
        Missing(json.Faults, path + ".content", hasContent || hasPath);
        return name is not null && content is not null ? new MailAttachment(name, type, id, content) : null;
    }

    private static void RefusePath(ref JsonFields json, string path)
    {
        if (!json.IsNull)
        {
            json.Faults.Add(path, "is not supported: files are not fetched; send the file as content in base64", ProblemKinds.InvalidAttachment);
            json.Skip();
        }
    }

    internal static string? ReadFileName(ref JsonFields json, string path)
    {
        var name = json.Line(path, EmailLimits.FileNameLength);
        if (name is not null && string.IsNullOrWhiteSpace(name))
        {
            json.Faults.Add(path, "must not be empty", ProblemKinds.InvalidAttachment);
            return null;
        }

        return name;
    }

    private byte[]? ReadContent(ref JsonFields json, string field)
    {
        var path = Path(field) + ".content";
        if (json.Token == JsonTokenType.StartArray)
        {
            return ReadByteValues(ref json, field, path);
        }

        if (json.Token != JsonTokenType.String)
        {
            json.Wrong(path, "a string in base64", ProblemKinds.InvalidAttachment);
            return null;
        }

        // Before decoding: what is too large is not even decoded.
        var before = json.Faults.Count;
        AddBytes(json.ValueLength / 4 * 3L, field + ".content", json.Faults);
        if (json.Faults.Count > before)
        {
            return null;
        }

        if (json.TryBase64(out var content))
        {
            return content;
        }

        json.Faults.Add(path, "is not valid base64", ProblemKinds.InvalidAttachment);
        return null;
    }

    /// <summary>The form in which some clients send bytes: <c>[104, 105]</c>.</summary>
    private byte[]? ReadByteValues(ref JsonFields json, string field, string path)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var isValid = true;
        while (json.NextItem())
        {
            if (isValid && json.Token == JsonTokenType.Number && json.TryInt(out var value) && value is >= 0 and <= 255)
            {
                bytes.GetSpan(1)[0] = (byte)value;
                bytes.Advance(1);
            }
            else
            {
                isValid = false;
                json.Skip();
            }
        }

        if (!isValid)
        {
            json.Faults.Add(path, "must be base64, or an array of numbers from 0 to 255", ProblemKinds.InvalidAttachment);
            return null;
        }

        AddBytes(bytes.WrittenCount, field + ".content", json.Faults);
        return bytes.WrittenSpan.ToArray();
    }

    internal static string? ReadContentType(ref JsonFields json, string path)
    {
        if (json.Line(path, EmailLimits.FileNameLength) is not { } text)
        {
            return null;
        }

        if (IsContentType(text))
        {
            return text;
        }

        json.Faults.Add(path, "must be a media type such as application/pdf, and not multipart", ProblemKinds.InvalidAttachment);
        return null;
    }

    private static bool IsContentType(string text)
    {
        if (text.Any(c => !char.IsAscii(c)) || text.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        try
        {
            return new ContentType(text).MediaType.Contains('/', StringComparison.Ordinal);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            // The framework has no way to ask first.
            return false;
        }
    }

    private static string? ReadContentId(ref JsonFields json, string path)
    {
        if (json.Line(path, EmailLimits.ContentIdLength + 2) is not { } text)
        {
            return null;
        }

        var id = text.StartsWith('<') && text.EndsWith('>') && text.Length > 2 ? text[1..^1] : text;
        if (id.Length is > 0 and <= EmailLimits.ContentIdLength && !id.AsSpan().ContainsAnyExcept(ContentIdCharacters))
        {
            return id;
        }

        json.Faults.Add(path, $"must be 1 to {EmailLimits.ContentIdLength} printable ASCII characters without blanks, quotes and brackets", ProblemKinds.InvalidAttachment);
        return null;
    }
}
