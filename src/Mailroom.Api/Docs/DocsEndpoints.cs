using Mailroom.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Docs;

/// <summary>The API's description: the document itself and, made from it once, a page to read; and the contract of the command stream.</summary>
internal static class DocsEndpoints
{
    /// <summary>RFC 9512.</summary>
    private const string YamlType = "application/yaml";

    private static readonly string[] Methods = ["GET", "HEAD"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var document = Resources.Read("docs/openapi.json");
        var page = new Lazy<DocsPage>(() => DocsPage.Of(document));
        routes.MapMethods("/openapi.json", Methods, context => Reply.BytesAsync(context, StatusCodes.Status200OK, Reply.JsonType, document));
        var commands = Resources.Read("docs/asyncapi.yaml");
        routes.MapMethods("/asyncapi.yaml", Methods, context => Reply.BytesAsync(context, StatusCodes.Status200OK, YamlType, commands));
        routes.MapMethods("/docs", Methods, context =>
        {
            context.Response.Headers.ContentSecurityPolicy = page.Value.ContentSecurityPolicy;
            return Reply.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", page.Value.Html);
        });
    }
}
