using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Cluster;

/// <summary>Runs the effects of orgs: that terms have changed is told to the dispatchers of all nodes.</summary>
internal sealed class OrgNews(Dispatcher dispatcher, ShardMap map, IPeers peers) : IEffects
{
    public void Run(string id, Effect effect)
    {
        if (effect is not TermsChanged changed)
        {
            throw new ArgumentOutOfRangeException(nameof(effect), effect.GetType().Name, "Not an effect of an org.");
        }

        dispatcher.Lines.Expire(changed.Org);
        foreach (var member in map.Others)
        {
            peers.Tell(member, new TermsOutdated(changed.Org));
        }
    }
}
