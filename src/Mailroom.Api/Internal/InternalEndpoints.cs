using Mailroom.Api.Http;
using Mailroom.Api.Internal.Deliveries;
using Mailroom.Api.Internal.Orgs;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Internal;

/// <summary>Every route of the internal listener: what operators and other services inside ask. There is no other (D03, D05).</summary>
internal static class InternalEndpoints
{
    /// <summary>The category of what is logged here.</summary>
    public const string Category = "Mailroom.Api.Internal";

    private const string Root = "/api/v1/internal/";

    public static void Map(IEndpointRouteBuilder routes, ApiDependencies dependencies, InternalApiOptions options)
    {
        var clock = dependencies.Clock;
        var gate = new InternalGate(options, clock);
        var bodies = new InternalBodies(new RequestBodies(
            InternalApiOptions.MaxBodyBytes, options.RequestTimeout, new BodyBudget((long)InternalApiOptions.MaxBodyBytes * options.MaxConnections), clock));
        var reads = new DeliveryReads(dependencies.Deliveries, dependencies.Operators, dependencies.Orgs);
        var commands = new DeliveryCommands(dependencies.Intake, dependencies.Actors, reads, bodies);

        Map("POST", "login-code-deliveries", new LoginCodes(dependencies.Intake, dependencies.Deliveries, options.Sender, bodies).HandleAsync);
        Map("GET", "deliveries", reads.ListAsync);
        Map("GET", "deliveries/{id}", reads.OneAsync);
        Map("GET", "deliveries/{id}/attempts", reads.AttemptsAsync);
        Map("GET", "deliveries/{id}/timeline", reads.TimelineAsync);
        Map("POST", "deliveries/{id}/resend", commands.ResendAsync);
        Map("POST", "deliveries/{id}/cancel", commands.CancelAsync);
        Map("POST", "deliveries/{id}/settle", commands.SettleAsync);

        // Half of the time is left for the last ones that were begun.
        var redrive = new Redrive(dependencies.Operators, dependencies.Deliveries, dependencies.Intake, bodies, clock, options.ReadTimeout / 2);
        Map("GET", "dead-letters", new DeadLetters(dependencies.Operators).ListAsync);
        Map("POST", "dead-letters/redrive", redrive.HandleAsync);
        Map("GET", "malformed-commands", new MalformedCommands(dependencies.Operators).ListAsync);
        Map("GET", "nodes", new Nodes(dependencies.Cluster).ListAsync);
        Map("POST", "templates/{id}/render", new TemplateRendering(dependencies.Templates, bodies).HandleAsync);
        MapOrgs(new OrgCommands(dependencies.Actors, dependencies.Orgs));

        var document = Resources.Read("internal/openapi.json");
        Map("GET", "openapi.json", (context, _) => Reply.BytesAsync(context, StatusCodes.Status200OK, Reply.JsonType, document));

        void MapOrgs(OrgCommands orgs)
        {
            var outbound = new OutboundEndpoints(orgs, dependencies.Orgs, bodies, dependencies.Logs.CreateLogger(Category));
            Map("GET", "outbound", outbound.ShowAllAsync);
            Map("POST", "outbound/pause", outbound.PauseAllAsync);
            Map("POST", "outbound/resume", outbound.ResumeAllAsync);
            Map("POST", "orgs/{id}/outbound/pause", outbound.PauseOneAsync);
            Map("POST", "orgs/{id}/outbound/resume", outbound.ResumeOneAsync);

            var org = new OrgEndpoints(orgs, dependencies.Orgs, bodies);
            Map("GET", "orgs", org.ListAsync);
            Map("POST", "orgs", org.CreateAsync);
            Map("GET", "orgs/{id}", org.OneAsync);
            Map("PATCH", "orgs/{id}", org.ChangeAsync);

            var keys = new KeyEndpoints(dependencies.Keys, orgs, bodies, options.KeyPrefix, clock);
            Map("GET", "orgs/{id}/keys", keys.ListAsync);
            Map("POST", "orgs/{id}/keys", keys.CreateAsync);
            Map("DELETE", "orgs/{id}/keys/{keyId}", keys.RevokeAsync);
        }

        void Map(string method, string path, InternalRequest endpoint) => routes.MapMethods(Root + path, [method], gate.Require(endpoint));
    }
}
