using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>Ids of deliveries whose shard is this node's, so that accepting a mail needs no other node.</summary>
internal sealed class LocalIds(IIdSource ids, Node kernel) : IIdSource
{
    /// <summary>With an eighth of the shards one draw in 5,000 mails finds none of its own, and that mail is sent on.</summary>
    private const int Draws = 64;

    public DeliveryId NewDeliveryId()
    {
        var id = ids.NewDeliveryId();
        for (var draw = 1; draw < Draws && kernel.EpochOf(kernel.ShardOf(id.Value)) == 0; draw++)
        {
            id = ids.NewDeliveryId();
        }

        return id;
    }

    public long NewToken() => ids.NewToken();
}
