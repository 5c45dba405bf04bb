using Mailroom.Actors;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Internal.Orgs;

/// <summary>Stopping outbound mail and letting it go on, of one org or of all (B34). Intake goes on in any case.</summary>
internal sealed class OutboundEndpoints(OrgCommands orgs, IOrgStore store, InternalBodies bodies, ILogger log)
{
    public Task PauseAllAsync(HttpContext context, CancellationToken reads) => PauseAsync(context, OrgId.All, reads);

    public Task ResumeAllAsync(HttpContext context, CancellationToken reads) => ResumeAsync(context, OrgId.All, reads);

    public Task PauseOneAsync(HttpContext context, CancellationToken reads) => PauseAsync(context, OrgEndpoints.Id(context), reads);

    public Task ResumeOneAsync(HttpContext context, CancellationToken reads) => ResumeAsync(context, OrgEndpoints.Id(context), reads);

    /// <summary>The state for all; an org's own is in <c>GET orgs/{id}</c>.</summary>
    public async Task ShowAllAsync(HttpContext context, CancellationToken reads) =>
        await Reply.JsonAsync(context, StatusCodes.Status200OK, await store.FindAsync(OrgId.All, reads) ?? OrgState.Absent, OrgJson.WriteOutbound);

    private async Task PauseAsync(HttpContext context, OrgId org, CancellationToken reads)
    {
        var doing = await bodies.DoingAsync(context, needsReason: true);
        await DoAsync(context, org, new PauseOutbound(doing.By, doing.Reason!), reads);
        ApiLog.OutboundPaused(log, org.Value);
    }

    private async Task ResumeAsync(HttpContext context, OrgId org, CancellationToken reads)
    {
        var doing = await bodies.DoingAsync(context, needsReason: false);
        await DoAsync(context, org, new ResumeOutbound(doing.By), reads);
        ApiLog.OutboundResumed(log, org.Value);
    }

    private async Task DoAsync(HttpContext context, OrgId org, OrgMessage command, CancellationToken reads) =>
        await Reply.JsonAsync(context, StatusCodes.Status200OK, await orgs.DoAsync(org, command, reads), OrgJson.WriteOutbound);
}
