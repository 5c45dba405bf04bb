using Mailroom.Actors;
using Mailroom.Api.Auth;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Emails;

internal static class EmailRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ApiDependencies dependencies, ApiOptions options, ApiKeyGate gate)
    {
        var clock = dependencies.Clock;
        var bodies = new RequestBodies(options.MaxBodyBytes, options.BodyTimeout, new BodyBudget(options.MaxBodyBytesInFlight), clock);
        var parser = new EmailParser(dependencies.Templates, new EmailLimits(options.MaxMessageBytes), clock);
        var read = new ReadEmails(dependencies.Deliveries, clock, options.ReadTimeout);
        var change = new ChangeEmail(dependencies.Actors, read, parser, bodies);

        Map("POST", "/api/v1/emails", new SendEmail(dependencies.Intake, parser, bodies).HandleAsync);
        Map("POST", "/api/v1/emails/batch", new SendBatch(dependencies.Intake, parser, bodies, clock, options.BatchDeadline).HandleAsync);
        Map("GET", "/api/v1/emails", ForOrg(new ListEmails(dependencies.Deliveries, clock, options.ReadTimeout).HandleAsync));
        Map("GET", "/api/v1/emails/{id}", ForOrg(read.OneAsync));
        Map("GET", "/api/v1/emails/{id}/timeline", ForOrg(read.TimelineAsync));
        Map("PATCH", "/api/v1/emails/{id}", ForOrg(change.RescheduleAsync));
        Map("POST", "/api/v1/emails/{id}/cancel", ForOrg(change.CancelAsync));

        static OrgRequest ForOrg(Func<HttpContext, OrgId, Task> endpoint) => (context, caller) => endpoint(context, caller.Org);

        void Map(string method, string pattern, OrgRequest endpoint) => routes.MapMethods(pattern, [method], gate.Require(endpoint, clock));
    }

    /// <summary>The id in the path, or null where it cannot be one.</summary>
    public static DeliveryId? Id(HttpContext context) =>
        DeliveryId.TryParse(context.GetRouteValue("id") as string, out var id) ? id : null;
}
