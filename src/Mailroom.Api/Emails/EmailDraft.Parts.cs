using System.Buffers;
using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Errors;
using Mailroom.Mail.Mime;
using MailHeader = Mailroom.Actors.Deliveries.MailHeader;

namespace Mailroom.Api.Emails;

/// <summary>Headers, tags and the template.</summary>
internal ref partial struct EmailDraft
{
    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private const int MaxTemplateIdLength = 128;

    private readonly IReadOnlyList<MailHeader> ReadHeaders(ref JsonFields json)
    {
        if (json.Token != JsonTokenType.StartObject)
        {
            json.Wrong(Path("headers"), "an object of names and values");
            return [];
        }

        var headers = new List<MailHeader>();
        var rules = new List<Mail.Mime.MailHeader>();
        while (json.NextName())
        {
            var name = json.Name();
            json.Next();
            if (headers.Count == EmailLimits.Headers)
            {
                json.Faults.Add(Path("headers"), $"must hold at most {EmailLimits.Headers} headers");
                SkipRest(ref json);
                return [];
            }

            var path = HeaderPath(name);
            if (name is null || headers.Exists(header => header.Name == name))
            {
                json.Faults.Add(path, name is null ? "has a name that is not valid Unicode text" : "is given twice");
                json.Skip();
            }
            else if (json.String(path) is { } value)
            {
                headers.Add(new MailHeader(name, value));
                rules.Add(new Mail.Mime.MailHeader(name, value));
            }
        }

        if (!HeaderRules.TryCheckAll(rules, out var index, out var error))
        {
            json.Faults.Add(index < headers.Count ? HeaderPath(headers[index].Name) : Path("headers"), error);
        }

        return headers;
    }

    private readonly string HeaderPath(string? name) => Path("headers." + JsonFields.Shown(name));

    private static void SkipRest(ref JsonFields json)
    {
        json.Skip();
        while (json.NextName())
        {
            json.Next();
            json.Skip();
        }
    }

    private readonly IReadOnlyList<MailTag> ReadTags(ref JsonFields json)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Wrong(Path("tags"), "an array of objects");
            return [];
        }

        var tags = new List<MailTag>();
        for (var index = 0; json.NextItem(); index++)
        {
            var path = $"{Path("tags")}[{index}]";
            if (index >= EmailLimits.Tags)
            {
                if (index == EmailLimits.Tags)
                {
                    json.Faults.Add(Path("tags"), $"must hold at most {EmailLimits.Tags} tags");
                }

                json.Skip();
            }
            else if (json.Token != JsonTokenType.StartObject)
            {
                json.Wrong(path, "an object with name and value");
            }
            else if (ReadTag(ref json, path) is { } tag)
            {
                tags.Add(tag);
            }
        }

        return tags;
    }

    private static MailTag? ReadTag(ref JsonFields json, string path)
    {
        var (hasName, hasValue) = (false, false);
        string? name = null;
        string? value = null;
        while (json.NextName())
        {
            if (json.NameIs("name"u8))
            {
                name = ReadTagText(ref json, path + ".name", ref hasName);
            }
            else if (json.NameIs("value"u8))
            {
                value = ReadTagText(ref json, path + ".value", ref hasValue);
            }
            else
            {
                Unknown(ref json, path);
            }
        }

        Missing(json.Faults, path + ".name", hasName);
        Missing(json.Faults, path + ".value", hasValue);
        return name is not null && value is not null ? new MailTag(name, value) : null;
    }

    private static string? ReadTagText(ref JsonFields json, string path, ref bool seen)
    {
        Once(ref json, path, ref seen);
        if (json.Line(path, EmailLimits.TagLength) is not { } text)
        {
            return null;
        }

        if (text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TagCharacters))
        {
            return text;
        }

        json.Faults.Add(path, "must be made of ASCII letters, digits, underscores and hyphens");
        return null;
    }

    private TemplateUse? ReadTemplate(ref JsonFields json)
    {
        var path = Path("template");
        if (json.Token != JsonTokenType.StartObject)
        {
            json.Wrong(path, "an object with id, variables and locale");
            return null;
        }

        var (hasId, hasVariables, hasLocale) = (false, false, false);
        string? id = null;
        string? locale = null;
        JsonElement? variables = null;
        while (json.NextName())
        {
            if (json.NameIs("id"u8))
            {
                Once(ref json, path + ".id", ref hasId);
                id = json.Line(path + ".id", MaxTemplateIdLength);
            }
            else if (json.NameIs("locale"u8))
            {
                Once(ref json, path + ".locale", ref hasLocale);
                locale = json.IsNull ? null : LanguageTag.Read(ref json, path + ".locale");
            }
            else if (json.NameIs("variables"u8))
            {
                Once(ref json, path + ".variables", ref hasVariables);
                variables = json.IsNull ? null : ReadVariables(ref json, path + ".variables");
            }
            else
            {
                Unknown(ref json, path);
            }
        }

        Missing(json.Faults, path + ".id", hasId);
        if (id is not null && !templates.Knows(id))
        {
            json.Faults.Add(path + ".id", "is not the id of a template", ProblemKinds.UnknownTemplate);
        }

        return id is null ? null : new TemplateUse(id, locale, variables ?? NoVariables);
    }

    private JsonElement? ReadVariables(ref JsonFields json, string path)
    {
        if (json.Token != JsonTokenType.StartObject)
        {
            json.Wrong(path, "an object");
            return null;
        }

        var variables = json.Element(path, out var bytes);
        AddBytes(bytes, "template.variables", json.Faults);
        return variables;
    }

    /// <summary>Moves to a field's value, and notes it where the field has come before.</summary>
    private static void Once(ref JsonFields json, string path, ref bool seen)
    {
        if (seen)
        {
            json.Faults.Add(path, "is given twice");
        }

        seen = true;
        json.Next();
    }

    private static void Missing(Faults faults, string path, bool seen)
    {
        if (!seen)
        {
            faults.Add(path, "is missing", ProblemKinds.MissingRequiredField);
        }
    }

    private static void Unknown(ref JsonFields json, string path, ProblemKind? kind = null)
    {
        json.Faults.Add($"{path}.{JsonFields.Shown(json.Name())}", "is not a known field", kind);
        json.Next();
        json.Skip();
    }
}
