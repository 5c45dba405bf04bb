using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Internal.Orgs;

/// <summary>Making orgs, reading them, and changing what they allow.</summary>
internal sealed class OrgEndpoints(OrgCommands orgs, IOrgStore store, InternalBodies bodies)
{
    private const int MaxNameLength = 200;

    /// <summary>Provider calls a second of an org that names no number.</summary>
    private const int UsualRps = 2;

    public async Task CreateAsync(HttpContext context, CancellationToken reads)
    {
        var asked = await bodies.ReadAsync(
            context, ["id", "name", "rps", "on_uncertain"], new Asked(), Read,
            static (asked, faults) =>
            {
                if (asked.Name is null && !faults.All.Any(fault => fault.Field == "name"))
                {
                    faults.Add("name", "is missing");
                }

                if (asked.Rps is { Value: null })
                {
                    faults.Add("rps", RpsField.Wrong);
                }
            });
        var id = asked.Id ?? new OrgId("org_" + Guid.CreateVersion7().ToString("N"));
        var rps = asked.Rps is null ? UsualRps : asked.Rps.Value;
        var command = new CreateOrg(id, asked.Name!, rps, asked.OnUncertain?.Value, Random.Shared.NextInt64(1, long.MaxValue));
        await Reply.JsonAsync(context, StatusCodes.Status201Created, await orgs.DoAsync(id, command, reads), OrgJson.Write);
    }

    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        var query = new QueryFilters(context);
        var after = query.Cursor<OrgCursor>(PageCursor.TryOrg);
        var limit = query.Limit();
        query.End();

        var found = await store.ListAsync(after?.After, limit + 1, reads);
        var page = Page<OrgState>.Of(found, limit, last => PageCursor.Of(last.Id));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, page, static (json, page) => page.Write(json, OrgJson.Write));
    }

    public async Task OneAsync(HttpContext context, CancellationToken reads) =>
        await Reply.JsonAsync(context, StatusCodes.Status200OK, await orgs.FindAsync(Id(context), reads), OrgJson.Write);

    /// <summary>What is not named stays as it is; null clears. It holds for the next provider call (A37).</summary>
    public async Task ChangeAsync(HttpContext context, CancellationToken reads)
    {
        var id = Id(context);
        var asked = await bodies.ReadAsync(
            context, ["name", "rps", "on_uncertain"], new Asked(), Read,
            (asked, faults) =>
            {
                if (asked.Rps is { Value: null } && id != OrgId.Default)
                {
                    faults.Add("rps", RpsField.Wrong);
                }
            });
        var changed = await orgs.DoAsync(id, new ChangeOrg(asked.Name, asked.Rps, asked.OnUncertain), reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, changed, OrgJson.Write);
    }

    /// <summary>The org in the path. The entry that stands for all orgs is none.</summary>
    /// <exception cref="ProblemException">It cannot be one.</exception>
    public static OrgId Id(HttpContext context) =>
        OrgId.TryParse(context.GetRouteValue("id") as string, out var id) && id != OrgId.All ? id : throw OrgCommands.NotFound();

    private static void Read(ref JsonFields json, string name, Asked asked)
    {
        switch (name)
        {
            case "id":
                asked.Id = ReadId(ref json, name);
                break;
            case "name":
                asked.Name = InternalBodies.Words(ref json, name, MaxNameLength);
                break;
            case "rps":
                asked.Rps = json.IsNull ? new NewValue<int?>(null) : RpsField.Read(ref json, name) is { } rps ? new NewValue<int?>(rps) : null;
                break;
            case "on_uncertain":
                asked.OnUncertain = new NewValue<UncertainPolicy?>(json.IsNull ? null : UncertainPolicies.Read(ref json, name));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "Not a field of an org.");
        }
    }

    private static OrgId? ReadId(ref JsonFields json, string name)
    {
        if (json.IsNull || json.Line(name, 128) is not { } text)
        {
            return null;
        }

        if (OrgId.TryParse(text, out var id) && id != OrgId.All)
        {
            return id;
        }

        json.Faults.Add(name, "must be 1 to 128 letters, digits, '.', '_' or '-', and not " + OrgId.All.Value);
        return null;
    }

    private sealed class Asked
    {
        public OrgId? Id { get; set; }

        public string? Name { get; set; }

        public NewValue<int?>? Rps { get; set; }

        public NewValue<UncertainPolicy?>? OnUncertain { get; set; }
    }
}
