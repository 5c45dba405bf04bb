using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Auth;

/// <summary>Who calls.</summary>
/// <param name="Org">The org that the key belongs to.</param>
/// <param name="OnUncertain">The org's policy; null: the service's default.</param>
internal readonly record struct Caller(OrgId Org, UncertainPolicy? OnUncertain);

/// <summary>An endpoint that an org calls.</summary>
internal delegate Task OrgRequest(HttpContext context, Caller caller);

/// <summary>Lets callers with a valid API key through to an endpoint and says whose they are.</summary>
internal sealed class ApiKeyGate(ApiKeyCache cache)
{
    private static readonly Problem Missing = new(
        ProblemKinds.MissingApiKey, "The Authorization header holds no API key. Send Authorization: Bearer and a key that begins with mr_test_ or mr_live_.");

    private static readonly Problem Invalid = new(ProblemKinds.InvalidApiKey, "The API key is unknown or revoked.");

    public RequestDelegate Require(OrgRequest endpoint, TimeProvider clock) => context =>
    {
        if (!BearerToken.TryRead(context, out var token) || !KeyHash.TryOf(token, out var hash))
        {
            return ProblemReply.WriteAsync(context, Missing);
        }

        var finding = cache.FindAsync(hash);
        return finding.IsCompletedSuccessfully ? Enter(context, finding.Result, endpoint, clock) : EnterLater(context, finding, endpoint, clock);
    };

    private static Task Enter(HttpContext context, KnownKey? known, OrgRequest endpoint, TimeProvider clock)
    {
        if (known is null)
        {
            return ProblemReply.WriteAsync(context, Invalid);
        }

        known.NoteUse(clock.Now());
        return endpoint(context, new Caller(known.Key.Org, known.OnUncertain));
    }

    private static async Task EnterLater(HttpContext context, ValueTask<KnownKey?> finding, OrgRequest endpoint, TimeProvider clock) =>
        await Enter(context, await finding, endpoint, clock);
}
