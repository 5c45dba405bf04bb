using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;

namespace Mailroom.Api.Docs;

/// <summary>The OpenAPI document as one page without scripts and without anything from elsewhere.</summary>
internal sealed class DocsPage
{
    private readonly StringBuilder _html = new();
    private readonly JsonElement _document;

    private DocsPage(JsonElement document) => _document = document;

    public byte[] Html { get; private set; } = [];

    public string ContentSecurityPolicy { get; private set; } = "";

    public static DocsPage Of(byte[] document)
    {
        var page = new DocsPage(JsonElement.Parse(document));
        var style = Encoding.UTF8.GetString(Resources.Read("docs/docs.css"));
        page.Write(style);
        page.Html = Encoding.UTF8.GetBytes(page._html.ToString());
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        page.ContentSecurityPolicy = $"default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return page;
    }

    private void Write(string style)
    {
        var info = _document.GetProperty("info");
        var title = Text(info, "title");
        _html.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Append("<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\"><title>").Append(Escape(title)).Append("</title><style>").Append(style)
            .Append("</style></head><body>");
        WriteNavigation();
        _html.Append("<main><h1>").Append(Escape(title)).Append("</h1><p class=\"lead\">").Append(Escape(Text(info, "summary"))).Append("</p><p>")
            .Append(Prose(Text(info, "description"))).Append("</p><p><a href=\"/openapi.json\">The OpenAPI document</a></p>");
        WriteFirstMail();
        foreach (var tag in _document.GetProperty("tags").EnumerateArray())
        {
            WriteTag(tag);
        }

        WriteSchemas();
        WriteErrors();
        _html.Append("</main></body></html>");
    }

    private void WriteNavigation()
    {
        _html.Append("<nav aria-label=\"Contents\"><a class=\"home\" href=\"#first\">Mailroom</a><ul>");
        foreach (var tag in _document.GetProperty("tags").EnumerateArray())
        {
            var name = Text(tag, "name");
            _html.Append("<li><a href=\"#").Append(Anchor(name)).Append("\">").Append(Escape(name)).Append("</a><ul>");
            foreach (var (_, _, operation) in Operations(name))
            {
                _html.Append("<li><a href=\"#").Append(Text(operation, "operationId")).Append("\">").Append(Escape(Text(operation, "summary"))).Append("</a></li>");
            }

            _html.Append("</ul></li>");
        }

        _html.Append("<li><a href=\"#schemas\">Objects</a></li><li><a href=\"#errors\">Errors</a></li></ul></nav>");
    }

    private void WriteFirstMail() => _html.Append("<section id=\"first\"><h2>The first email</h2>")
        .Append("<p>Put this server's address, your key and, once you have sent something, the id of an email into variables; the examples below then work as they are printed.</p>")
        .Append("<pre>").Append(Escape("export MAILROOM=http://127.0.0.1:8090\nexport KEY=mr_test_…\nexport ID=em_…")).Append("</pre>")
        .Append("<p>With an official Resend client, set its base URL:</p><pre>")
        .Append(Escape("const resend = new Resend(process.env.KEY, { baseUrl: process.env.MAILROOM + \"/api/v1\" });")).Append("</pre></section>");

    private void WriteTag(JsonElement tag)
    {
        var name = Text(tag, "name");
        _html.Append("<section id=\"").Append(Anchor(name)).Append("\"><h2>").Append(Escape(name)).Append("</h2>");
        if (tag.TryGetProperty("description", out var description))
        {
            _html.Append("<p>").Append(Prose(description.GetString()!)).Append("</p>");
        }

        foreach (var (path, method, operation) in Operations(name))
        {
            WriteOperation(path, method, operation);
        }

        _html.Append("</section>");
    }

    private void WriteOperation(string path, string method, JsonElement operation)
    {
        _html.Append("<article id=\"").Append(Text(operation, "operationId")).Append("\"><h3>").Append(Escape(Text(operation, "summary")))
            .Append("</h3><p class=\"route\"><span class=\"method ").Append(method).Append("\">").Append(method.ToUpperInvariant()).Append("</span> <code>")
            .Append(Escape(path)).Append("</code></p>");
        if (operation.TryGetProperty("description", out var description))
        {
            _html.Append("<p>").Append(Prose(description.GetString()!)).Append("</p>");
        }

        WriteParameters(operation);
        WriteRequest(path, method, operation);
        WriteResponses(operation.GetProperty("responses"));
        _html.Append("</article>");
    }

    private void WriteParameters(JsonElement operation)
    {
        if (!operation.TryGetProperty("parameters", out var parameters))
        {
            return;
        }

        _html.Append("<table><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">In</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
        foreach (var parameter in parameters.EnumerateArray().Select(Resolve))
        {
            Row($"<code>{Escape(Text(parameter, "name"))}</code>", Escape(Text(parameter, "in")), Prose(Text(parameter, "description")));
        }

        _html.Append("</tbody></table>");
    }

    private void WriteRequest(string path, string method, JsonElement operation)
    {
        var isOpen = operation.TryGetProperty("security", out var security) && security.GetArrayLength() == 0;
        var address = path.Replace("{id}", "$ID", StringComparison.Ordinal);
        var curl = new StringBuilder("curl ");
        curl.Append(method == "get" ? "" : $"-X {method.ToUpperInvariant()} ").Append("\"$MAILROOM").Append(address).Append('"');
        if (!isOpen)
        {
            curl.Append(" \\\n  -H \"Authorization: Bearer $KEY\"");
        }

        if (!operation.TryGetProperty("requestBody", out var request))
        {
            _html.Append("<pre>").Append(Escape(curl.ToString())).Append("</pre>");
            return;
        }

        var content = request.GetProperty("content").GetProperty(Reply.JsonType);
        foreach (var example in content.GetProperty("examples").EnumerateObject())
        {
            var body = JsonSerializer.Serialize(example.Value.GetProperty("value"), Indented).Replace("'", "\\u0027", StringComparison.Ordinal);
            _html.Append("<p class=\"example\">").Append(Escape(Text(example.Value, "summary"))).Append("</p><pre>")
                .Append(Escape($"{curl} \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'")).Append("</pre>");
        }
    }

    private void WriteResponses(JsonElement responses)
    {
        _html.Append("<table><thead><tr><th scope=\"col\">Answer</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
        foreach (var response in responses.EnumerateObject())
        {
            Row($"<code>{Escape(response.Name)}</code>", Prose(Text(Resolve(response.Value), "description")));
        }

        _html.Append("</tbody></table>");
        foreach (var response in responses.EnumerateObject().Where(response => response.Name.StartsWith('2')))
        {
            if (response.Value.TryGetProperty("content", out var content)
                && content.TryGetProperty(Reply.JsonType, out var json)
                && json.TryGetProperty("example", out var example))
            {
                _html.Append("<details><summary>Example of ").Append(response.Name).Append("</summary><pre>")
                    .Append(Escape(JsonSerializer.Serialize(example, Indented))).Append("</pre></details>");
            }
        }
    }

    private void WriteSchemas()
    {
        _html.Append("<section id=\"schemas\"><h2>Objects</h2>");
        foreach (var schema in _document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            _html.Append("<article id=\"schema-").Append(schema.Name).Append("\"><h3>").Append(Escape(schema.Name)).Append("</h3>");
            if (schema.Value.TryGetProperty("description", out var description))
            {
                _html.Append("<p>").Append(Prose(description.GetString()!)).Append("</p>");
            }

            if (schema.Value.TryGetProperty("properties", out var properties))
            {
                _html.Append("<table><thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
                var required = schema.Value.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()).ToHashSet() : [];
                foreach (var property in properties.EnumerateObject())
                {
                    var mark = required.Contains(property.Name) ? " <span class=\"required\">required</span>" : "";
                    Row($"<code>{Escape(property.Name)}</code>{mark}", TypeOf(property.Value), Meaning(property.Value));
                }

                _html.Append("</tbody></table>");
            }

            _html.Append("</article>");
        }

        _html.Append("</section>");
    }

    private void WriteErrors()
    {
        _html.Append("<section id=\"errors\"><h2>Errors</h2><p>Every error is <code>application/problem+json</code> (RFC 9457); see <a href=\"#schema-Problem\">Problem</a>.</p>")
            .Append("<table><thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Status</th><th scope=\"col\">Resend's name</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
        foreach (var kind in ProblemKinds.All)
        {
            _html.Append("<tr id=\"error-").Append(kind.Code).Append("\"><td><code>").Append(kind.Code).Append("</code></td><td>")
                .Append(kind.Status.ToString(CultureInfo.InvariantCulture)).Append("</td><td><code>").Append(kind.Name).Append("</code></td><td>")
                .Append(Escape(kind.Title)).Append(". ").Append(Escape(kind.Remedy)).Append("</td></tr>");
        }

        _html.Append("</tbody></table></section>");
    }

    private void Row(params ReadOnlySpan<string> cells)
    {
        _html.Append("<tr>");
        foreach (var cell in cells)
        {
            _html.Append("<td>").Append(cell).Append("</td>");
        }

        _html.Append("</tr>");
    }

    private IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(string tag) =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Value.GetProperty("tags")[0].GetString() == tag
        select (path.Name, operation.Name, operation.Value);

    private JsonElement Resolve(JsonElement element)
    {
        if (!element.TryGetProperty("$ref", out var reference))
        {
            return element;
        }

        return reference.GetString()!.TrimStart('#', '/').Split('/').Aggregate(_document, (at, name) => at.GetProperty(name));
    }

    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            return $"<a href=\"#schema-{name}\">{Escape(name)}</a>";
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            return string.Join(" or ", choices.EnumerateArray().Select(TypeOf));
        }

        if (schema.TryGetProperty("const", out var constant))
        {
            return $"<code>{Escape(constant.ToString())}</code>";
        }

        var type = schema.GetProperty("type");
        var words = type.ValueKind == JsonValueKind.Array ? string.Join(" or ", type.EnumerateArray().Select(t => t.GetString())) : type.GetString()!;
        return schema.TryGetProperty("items", out var items) ? $"{Escape(words)} of {TypeOf(items)}" : Escape(words);
    }

    private static string Meaning(JsonElement schema)
    {
        var meaning = schema.TryGetProperty("description", out var description) ? Prose(description.GetString()!) : "";
        return schema.TryGetProperty("enum", out var values)
            ? $"{meaning} One of {string.Join(", ", values.EnumerateArray().Select(v => $"<code>{Escape(v.GetString()!)}</code>"))}.".TrimStart()
            : meaning;
    }

    /// <summary>Escaped, with <c>`code`</c> set as code.</summary>
    private static string Prose(string text)
    {
        var parts = Escape(text).Split('`');
        return string.Concat(parts.Select((part, i) => i % 2 == 0 ? part : $"<code>{part}</code>"));
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";

    private static string Anchor(string name) => name.ToLowerInvariant().Replace(' ', '-');

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
