using System.Runtime.CompilerServices;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Cluster;

/// <summary>
/// The actors of the whole cluster: a message goes to the kernel where this node owns its entity's shard, else to the node that does. A shard
/// on its way from one node to another has no owner for a moment; an awaited ask waits for the next one, within its deadline. What was sent in vain is
/// sent again, which is safe because every message may be decided twice.
/// </summary>
internal sealed class ClusterHost(Node kernel, ShardMap map, Lease lease, IPeers peers, TimeSpan deadline, TimeProvider clock, Action look) : IActorHost
{
    /// <summary>A shorter wait is none: timers count whole milliseconds.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class
    {
        var shard = kernel.ShardOf(id);
        if (kernel.EpochOf(shard) != 0 || map.OtherOwner(shard) is not { } other)
        {
            return kernel.Tell(kind, id, message);
        }

        peers.Tell(other, new EntityNote(new(kind.Name, id, message)));
        return true;
    }

    /// <summary>One try, wherever the entity is thought to be.</summary>
    public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class
    {
        var shard = kernel.ShardOf(id);
        if (kernel.EpochOf(shard) == 0 && map.OtherOwner(shard) is { } other)
        {
            _ = ForwardAsync(other, new(kind.Name, id, message), replyTo);
        }
        else if (lease.IsValid)
        {
            kernel.Ask(kind, id, message, replyTo);
        }
        else
        {
            replyTo.Reply(NotDone.NotOwner);
        }
    }

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
        where TMessage : class =>
        RoutedAsync(kind, id, message, witness);

    public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class => kernel.Passivate(kind, id);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object> RoutedAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness)
        where TMessage : class
    {
        var shard = kernel.ShardOf(id);
        var since = clock.GetTimestamp();
        for (var wait = ShortestWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            var left = deadline - clock.GetElapsedTime(since);
            object answer = NotDone.NotOwner;
            if (kernel.EpochOf(shard) != 0)
            {
                if (lease.IsValid)
                {
                    answer = await kernel.AskAsync(kind, id, message, witness).ConfigureAwait(false);
                    witness = null;
                }
            }
            else if (map.OtherOwner(shard) is { } other)
            {
                message = Abroad(message, ref witness);
                answer = await peers.AskAsync(other, new(kind.Name, id, message), left).ConfigureAwait(false);
            }

            left = deadline - clock.GetElapsedTime(since);
            if (!ReferenceEquals(answer, NotDone.NotOwner) || left < LeastWait || kernel.IsRefusing)
            {
                witness?.Reply(NotDone.NotOwner);
                return answer;
            }

            message = Abroad(message, ref witness);
            look();
            await Task.Delay(wait < left ? wait : left, clock).ConfigureAwait(false);
        }
    }

    /// <summary>A claim is a right to this node's slots: it does not leave the node, and whoever holds the slot for it is told.</summary>
    private static TMessage Abroad<TMessage>(TMessage message, ref IReplyTo? witness)
        where TMessage : class
    {
        witness?.Reply(NotDone.NotOwner);
        witness = null;
        return message is AcceptDelivery { Claim: not null } accept ? (TMessage)(object)(accept with { Claim = null }) : message;
    }

    private async Task ForwardAsync(Member other, EntityMessage message, IReplyTo replyTo)
    {
        var answer = await peers.AskAsync(other, message, deadline).ConfigureAwait(false);
        if (ReferenceEquals(answer, NotDone.NotOwner))
        {
            look();
        }

        replyTo.Reply(answer);
    }
}
