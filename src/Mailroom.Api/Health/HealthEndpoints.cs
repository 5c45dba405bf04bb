using Mailroom.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Health;

/// <summary>Health for load balancers and orchestrators, without a key. The bodies are fixed and say nothing else.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] Methods = ["GET", "HEAD"];
    private static readonly byte[] Ok = "{\"status\":\"ok\"}"u8.ToArray();
    private static readonly byte[] Degraded = "{\"status\":\"degraded\"}"u8.ToArray();

    public static void Map(IEndpointRouteBuilder routes, ApiDependencies dependencies, ILogger log)
    {
        var probe = new HealthProbe(dependencies.Store, dependencies.Clock, log);
        var readiness = dependencies.Readiness;

        routes.MapMethods("/api/health", Methods, Ready);
        routes.MapMethods("/health", Methods, async context => await AnswerAsync(context, await probe.IsStoreHealthyAsync()));
        routes.MapMethods("/health/live", Methods, context => AnswerAsync(context, true));
        routes.MapMethods("/health/ready", Methods, Ready);
        routes.MapMethods("/health/startup", Methods, context => AnswerAsync(context, readiness.HasStarted));

        async Task Ready(HttpContext context) => await AnswerAsync(
            context, readiness.IsReady && dependencies.IsStoreAvailable() && await probe.IsStoreHealthyAsync());
    }

    private static Task AnswerAsync(HttpContext context, bool isWell)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Reply.BytesAsync(
            context, isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, Reply.JsonType, isWell ? Ok : Degraded);
    }
}
