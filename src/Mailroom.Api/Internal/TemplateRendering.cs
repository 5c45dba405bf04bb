using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Internal;

/// <summary><c>POST /api/v1/internal/templates/{id}/render</c>: what a mail would say. Nothing is stored or sent.</summary>
internal sealed class TemplateRendering(ITemplates templates, InternalBodies bodies)
{
    private static readonly JsonElement NoVariables = JsonElement.Parse("{}"u8);

    public async Task HandleAsync(HttpContext context, CancellationToken reads)
    {
        var id = context.GetRouteValue("id") as string ?? "";
        var asked = await bodies.ReadAsync(context, ["locale", "variables"], new Asked(), Read, static (_, _) => { });
        var result = templates.Render(id, asked.Locale, asked.Variables);
        if (result.Content is not { } content)
        {
            var code = result.ErrorCode ?? "render_failed";
            throw new ProblemException(new Problem(
                ProblemKinds.ValidationError with { Code = code }, result.ErrorMessage ?? "The template could not be rendered."));
        }

        await Reply.JsonAsync(context, StatusCodes.Status200OK, content, Write);
    }

    private static void Read(ref JsonFields json, string name, Asked asked)
    {
        if (json.IsNull)
        {
            return;
        }

        if (name == "locale")
        {
            asked.Locale = LanguageTag.Read(ref json, name);
        }
        else if (json.Token == JsonTokenType.StartObject)
        {
            asked.Variables = json.Element(name, out _) ?? NoVariables;
        }
        else
        {
            json.Wrong(name, "an object");
        }
    }

    private static void Write(Utf8JsonWriter json, RenderedContent content)
    {
        json.WriteStartObject();
        json.WriteString("subject", content.Subject);
        json.WriteString("text", content.Text);
        EmailJson.WriteOptional(json, "html", content.Html);
        json.WriteString("locale", content.Locale);
        json.WriteBoolean("locale_fallback_used", content.LocaleFallbackUsed);
        json.WriteEndObject();
    }

    private sealed class Asked
    {
        public string? Locale { get; set; }

        public JsonElement Variables { get; set; } = NoVariables;
    }
}
