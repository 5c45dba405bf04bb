using Mailroom.Actors.Orgs;
using Mailroom.Api.Auth;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Orgs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Settings;

/// <summary><c>/api/v1/settings</c>: what a key's own org may read and change of itself.</summary>
internal sealed class SettingsRoutes(OrgCommands orgs, RequestBodies bodies, TimeProvider clock, TimeSpan readTimeout)
{
    private const int MaxBodyBytes = 4 * 1024;

    public static void Map(IEndpointRouteBuilder routes, ApiDependencies dependencies, ApiOptions options, ApiKeyGate gate)
    {
        var clock = dependencies.Clock;
        var settings = new SettingsRoutes(
            new OrgCommands(dependencies.Actors, dependencies.Orgs),
            new RequestBodies(MaxBodyBytes, options.BodyTimeout, new BodyBudget(options.MaxBodyBytesInFlight), clock), clock, options.ReadTimeout);
        routes.MapMethods("/api/v1/settings", ["GET"], gate.Require(settings.ShowAsync, clock));
        routes.MapMethods("/api/v1/settings", ["PATCH"], gate.Require(settings.ChangeAsync, clock));
    }

    private async Task ShowAsync(HttpContext context, Caller caller)
    {
        using var reading = new ReadDeadline(context, readTimeout, clock);
        await AnswerAsync(context, await orgs.FindAsync(caller.Org, reading.Token));
    }

    /// <summary>The new rate holds for the next provider call (A37).</summary>
    private async Task ChangeAsync(HttpContext context, Caller caller)
    {
        JsonRequest.Require(context);
        int? rps = null;
        using (var body = await bodies.ReadAsync(context))
        {
            var faults = new Faults(ProblemKinds.InvalidSetting);
            JsonObject.Read(body.Bytes, faults, ["resend_rps"], (ref JsonFields json, string name) => rps = RpsField.Read(ref json, name));
            if (rps is null && !faults.Any)
            {
                faults.Add("resend_rps", "is missing");
            }

            faults.ThrowIfAny();
        }

        using var reading = new ReadDeadline(context, readTimeout, clock);
        await AnswerAsync(context, await orgs.DoAsync(caller.Org, new ChangeOrg(null, new NewValue<int?>(rps), null), reading.Token));
    }

    private static Task AnswerAsync(HttpContext context, OrgState org) => Reply.JsonAsync(context, StatusCodes.Status200OK, org, static (json, org) =>
    {
        json.WriteStartObject();
        json.WriteString("object", "settings");
        json.WriteString("org_id", org.Id.Value);
        json.WriteString("name", org.Name);
        OrgJson.WriteRps(json, "resend_rps", org.Rps);
        EmailJson.WriteOptional(json, "on_uncertain", org.OnUncertain is { } policy ? UncertainPolicies.Name(policy) : null);
        json.WriteEndObject();
    });
}
