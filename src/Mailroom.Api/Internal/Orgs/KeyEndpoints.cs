using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Auth;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Internal.Orgs;

/// <summary>An org's API keys. A key is shown once, when it is made; only its hash is kept.</summary>
internal sealed class KeyEndpoints(IApiKeys keys, OrgCommands orgs, InternalBodies bodies, string prefix, TimeProvider clock)
{
    /// <summary>Keys of one org that are not revoked.</summary>
    private const int MostKeys = 100;

    private const int MaxNameLength = 100;

    public async Task CreateAsync(HttpContext context, CancellationToken reads)
    {
        var named = await bodies.ReadAsync(
            context, ["name"], new Named(),
            static (ref JsonFields json, string name, Named named) => named.Name = InternalBodies.Words(ref json, name, MaxNameLength),
            static (named, faults) =>
            {
                if (named.Name is null && !faults.Any)
                {
                    faults.Add("name", "is missing");
                }
            });
        var org = await orgs.FindAsync(OrgEndpoints.Id(context), reads);
        var existing = await keys.ListAsync(org.Id, reads);
        if (existing.Count(key => key.RevokedAt is null) >= MostKeys)
        {
            throw new ProblemException(new Problem(InternalProblems.TooManyKeys, $"The org has {MostKeys} keys that are not revoked. Revoke one first."));
        }

        var secret = NewApiKey.Draw(prefix);
        var key = NewApiKey.Stored(secret, org.Id, named.Name!, clock);
        await keys.AddAsync(key, reads);
        context.Response.Headers.CacheControl = "no-store";
        await Reply.JsonAsync(context, StatusCodes.Status201Created, (key, secret), static (json, made) =>
        {
            json.WriteStartObject();
            WriteMembers(json, made.key);
            json.WriteString("key", made.secret);
            json.WriteEndObject();
        });
    }

    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        var org = await orgs.FindAsync(OrgEndpoints.Id(context), reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, await keys.ListAsync(org.Id, reads), static (json, keys) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var key in keys)
            {
                json.WriteStartObject();
                WriteMembers(json, key);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>204 also where it was revoked before. It stops working once it is not believed any more, within seconds.</summary>
    public async Task RevokeAsync(HttpContext context, CancellationToken reads)
    {
        var org = OrgEndpoints.Id(context);
        var id = context.GetRouteValue("keyId") as string;
        var key = (await keys.ListAsync(org, reads)).FirstOrDefault(key => key.Id == id)
            ?? throw new ProblemException(new Problem(ProblemKinds.NotFound, "The org has no key with this id."));
        if (key.RevokedAt is null)
        {
            await keys.RevokeAsync(key.Id, clock.Now(), reads);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static void WriteMembers(Utf8JsonWriter json, ApiKey key)
    {
        json.WriteString("id", key.Id);
        json.WriteString("org_id", key.Org.Value);
        json.WriteString("name", key.Name);
        json.WriteString("prefix", key.Prefix);
        json.WriteString("created_at", key.CreatedAt.ToString());
        EmailJson.WriteOptional(json, "last_used_at", key.LastUsedAt?.ToString());
        EmailJson.WriteOptional(json, "revoked_at", key.RevokedAt?.ToString());
    }

    private sealed class Named
    {
        public string? Name { get; set; }
    }
}
