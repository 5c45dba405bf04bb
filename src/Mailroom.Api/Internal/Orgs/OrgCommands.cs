using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Internal.Orgs;

/// <summary>Asks an org's actor, and reads what it became.</summary>
internal sealed class OrgCommands(IActorHost actors, IOrgStore orgs)
{
    /// <summary>The org after the command; it is durable.</summary>
    /// <exception cref="ProblemException">It was not done.</exception>
    public async Task<OrgState> DoAsync(OrgId org, OrgMessage command, CancellationToken reads)
    {
        var answer = await actors.AskAsync(Org.Kind, org.Value, command);
        return answer is Done ? await FindAsync(org, reads) : throw new ProblemException(InternalProblems.Of(answer));
    }

    /// <exception cref="ProblemException">There is none.</exception>
    public async Task<OrgState> FindAsync(OrgId org, CancellationToken reads) => await orgs.FindAsync(org, reads) ?? throw NotFound();

    public static ProblemException NotFound() => new(new Problem(ProblemKinds.NotFound, "There is no org with this id."));
}
