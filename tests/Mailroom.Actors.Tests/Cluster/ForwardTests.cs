using System.Security.Cryptography;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Cluster;

/// <summary>A caller may ask any node: what belongs to another one is sent on.</summary>
public sealed class ForwardTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void Nodes_share_the_shards_evenly_and_all_see_the_same()
    {
        using var world = new ClusterWorld("a", "b", "c");
        new[] { world["a"].Owned, world["b"].Owned, world["c"].Owned }.Order().ShouldBe([2, 3, 3]);
        world["a"].Node.Cluster.Members.Select(member => member.Name).ShouldBe(["a", "b", "c"]);
        Enumerable.Range(0, ClusterWorld.Shards).ShouldAllBe(shard => new[] { "a", "b", "c" }.Count(name => world[name].Node.EpochOf(shard) != 0) == 1);
    }

    [Fact]
    public void A_mail_without_an_id_gets_one_of_this_nodes_own_and_is_not_sent_on()
    {
        using var world = new ClusterWorld("a", "b");
        for (var mail = 0; mail < 20; mail++)
        {
            world.Accept(world["a"], ClusterWorld.Mail()).ShouldBeOfType<Accepted>();
        }

        world.Run();
        world.Wire.Asked.Where(ask => ask.Kind == Delivery.Kind.Name).ShouldBeEmpty();
        world["a"].Provider.Taken.Count.ShouldBe(20);
    }

    [Fact]
    public void A_mail_whose_id_is_another_nodes_is_accepted_there_and_sent_there()
    {
        using var world = new ClusterWorld("a", "b");
        var id = ClusterWorld.IdOf(world["b"]);

        world.Accept(world["a"], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>().Id.Value.ShouldBe(id);

        world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, Moment);
        world["b"].SentIds.ShouldBe([id]);
        world["a"].Provider.Taken.ShouldBeEmpty();
        world.Wire.Asked.ShouldContain(ask => ask.Id == id);

        // The slots of the node that was asked are free again.
        world["a"].Provider.Holds = true;
        for (var slot = 0; slot < 4; slot++)
        {
            world.Accept(world["a"], ClusterWorld.Mail()).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
        }
    }

    [Fact]
    public void An_id_that_is_taken_and_a_key_that_is_used_are_so_on_every_node()
    {
        using var world = new ClusterWorld("a", "b");
        var id = ClusterWorld.IdOf(world["b"]);
        NewDelivery Keyed(string content) => ClusterWorld.Mail() with { IdempotencyKey = "k", Fingerprint = SHA256.HashData([(byte)content[0]]) };
        world.Accept(world["a"], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>();
        var first = world.Accept(world["a"], Keyed("x")).ShouldBeOfType<Accepted>();

        world.Accept(world["a"], ClusterWorld.Mail(id)).ShouldBeOfType<Refused>();
        world.Accept(world["b"], ClusterWorld.Mail(id)).ShouldBeOfType<Refused>();
        world.Accept(world["b"], Keyed("x")).ShouldBe(new IdempotencyHit(first.Id, Same: true));
        world.Accept(world["b"], Keyed("y")).ShouldBe(new IdempotencyHit(first.Id, Same: false));
    }

    [Fact]
    public void A_mail_is_canceled_by_whichever_node_is_asked()
    {
        using var world = new ClusterWorld("a", "b");
        var (here, there) = (ClusterWorld.IdOf(world["a"], 1), ClusterWorld.IdOf(world["b"], 2));
        foreach (var id in new[] { here, there })
        {
            world.Accept(world["a"], ClusterWorld.Mail(id) with { ScheduledAt = world.Now + TimeSpan.FromHours(1) }).ShouldBeOfType<Accepted>();
            world.Ask(world["b"], id, new CancelDelivery("me")).ShouldBeOfType<Done>();
            world.StatusOf(id).ShouldBe(DeliveryStatus.Canceled);
        }

        world.Ask(world["b"], "nobody", new CancelDelivery("me")).ShouldBeOfType<Refused>();
    }

    [Fact]
    public void A_node_that_cannot_be_reached_costs_its_callers_the_deadline_and_others_nothing()
    {
        using var world = new ClusterWorld("a", "b");
        world.Wire.Unplug(world["b"]);
        var (here, there) = (ClusterWorld.IdOf(world["a"], 1), ClusterWorld.IdOf(world["b"], 2));

        world.Accept(world["a"], ClusterWorld.Mail(here)).ShouldBeOfType<Accepted>();
        var since = world.Now;
        world.Accept(world["a"], ClusterWorld.Mail(there), TimeSpan.FromSeconds(11)).ShouldBe(NotDone.NotOwner);
        (world.Now - since).ShouldBeInRange(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11));
        world.Wire.Plug(world["b"]);
        world.Accept(world["a"], ClusterWorld.Mail(there)).ShouldBeOfType<Accepted>();
    }
}
