using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Cluster;

/// <summary>What other nodes send: to the kernel where this node owns the shard, nowhere else.</summary>
internal sealed class PeerInbox(Node kernel, Lease lease, Dispatcher dispatcher, Action look) : IPeerInbox
{
    public ValueTask<object> AskedAsync(EntityMessage message)
    {
        if (!IsHere(message.Id))
        {
            return new(NotDone.NotOwner);
        }

        return message switch
        {
            { Kind: "delivery", Message: DeliveryMessage delivery } => kernel.AskAsync(Delivery.Kind, message.Id, delivery),
            { Kind: "org", Message: OrgMessage org } => kernel.AskAsync(Org.Kind, message.Id, org),
            _ => new(NotDone.Faulted),
        };
    }

    public void Told(PeerNote note)
    {
        switch (note)
        {
            case EntityNote { Message: var message }:
                Told(message);
                break;
            case WaitsForSlot wait:
                if (IsHere(wait.Id.Value))
                {
                    dispatcher.Await(new AwaitSlot(wait.Id, wait.Org, wait.DueAt, null) { Urgent = wait.Urgent });
                }

                break;
            case TermsOutdated terms:
                dispatcher.Lines.Expire(terms.Org);
                break;
            case LookAtCluster:
                look();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(note), note.GetType().Name, "Not a note between nodes.");
        }
    }

    private void Told(EntityMessage message)
    {
        switch (message)
        {
            case { Kind: "delivery", Message: DeliveryMessage delivery }:
                kernel.Tell(Delivery.Kind, message.Id, delivery);
                break;
            case { Kind: "org", Message: OrgMessage org }:
                kernel.Tell(Org.Kind, message.Id, org);
                break;
            default:
                // A newer node's kind of actor: it is not this node's to know.
                break;
        }
    }

    private bool IsHere(string id) => lease.IsValid && kernel.EpochOf(kernel.ShardOf(id)) != 0;
}
