using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Cluster;

/// <summary>Nodes that die, are cut off or are replaced, and what is lost on the way between nodes.</summary>
public sealed class LostNodeTests
{
    [Fact]
    [Trait("Requirement", "D18")]
    public void What_a_dead_node_was_sending_is_uncertain_and_sent_again_within_the_lease()
    {
        using var world = new ClusterWorld("a", "b");
        world["a"].Provider.Holds = true;
        var id = ClusterWorld.IdOf(world["a"]);
        world.Accept(world["a"], ClusterWorld.Mail(id));
        world.Run();
        var since = world.Now;

        world.Kill(world["a"]);
        world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, ClusterWorld.Lease);

        (world.Now - since).ShouldBeGreaterThan(ClusterWorld.Lease / 2);
        world.Attempts(id).ShouldBe([AttemptStatus.Uncertain, AttemptStatus.ProviderAccepted]);
        world["b"].SentIds.ShouldBe([id]);
        world["b"].Owned.ShouldBe(ClusterWorld.Shards);
        world["b"].Events.Said.ShouldContain("declared lost a");
    }

    [Fact]
    public void A_node_that_comes_back_under_its_name_is_not_waited_for()
    {
        using var world = new ClusterWorld("a", "b");
        world["a"].Provider.Holds = true;
        var id = ClusterWorld.IdOf(world["a"]);
        world.Accept(world["a"], ClusterWorld.Mail(id));
        world.Run();

        world.Kill(world["a"]);
        world.Start("a");

        world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, TimeSpan.FromSeconds(2));
        world.Attempts(id).ShouldBe([AttemptStatus.Uncertain, AttemptStatus.ProviderAccepted]);
        world.UntilEven();
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public void A_node_that_cannot_renew_begins_no_call_once_its_lease_is_over_and_joins_anew_when_it_can()
    {
        using var world = new ClusterWorld("a", "b");
        var cut = world["a"];
        cut.Provider.Holds = true;
        var inFlight = ClusterWorld.IdOf(cut, 1);
        var waiting = ClusterWorld.IdOf(cut, 2);
        world.Accept(cut, ClusterWorld.Mail(inFlight)).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
        world.Accept(cut, ClusterWorld.Mail(waiting) with { ScheduledAt = world.Now + (ClusterWorld.Lease * 0.9) });
        world.Run();
        var before = cut.Node.Cluster.Self;

        cut.Link.IsCut = true;
        world.Advance(ClusterWorld.Lease * 2);
        cut.SentIds.ShouldBe([inFlight]);
        world.StatusOf(inFlight).ShouldBe(DeliveryStatus.Sent);
        world.StatusOf(waiting).ShouldBe(DeliveryStatus.Sent);
        world["b"].SentIds.ShouldBe([inFlight, waiting], ignoreOrder: true);

        // Its own attempt ends only now: the delivery has gone on without it.
        cut.Link.IsCut = false;
        cut.Provider.Holds = false;
        cut.Provider.Answer(Reports.Rejected);
        world.AdvanceUntil(() => cut.Owned == ClusterWorld.Shards / 2, TimeSpan.FromSeconds(5));
        world.Run();

        cut.Events.Said.ShouldContain("was declared lost");
        cut.Node.Cluster.Self.ShouldBeGreaterThan(before);
        world.Attempts(inFlight).ShouldBe([AttemptStatus.Uncertain, AttemptStatus.ProviderAccepted]);
        world.AdvanceUntil(() => cut.Node.IsStoreAvailable, TimeSpan.FromSeconds(2));
        var fresh = ClusterWorld.IdOf(cut, 3);
        world.Accept(cut, ClusterWorld.Mail(fresh)).ShouldBeOfType<Accepted>();
        world.AdvanceUntil(() => world.StatusOf(fresh) == DeliveryStatus.Sent, TimeSpan.FromSeconds(1));
        cut.SentIds.ShouldContain(fresh);
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public void What_was_claimed_and_waits_for_a_slot_is_not_called_when_the_lease_is_over_by_then()
    {
        using var world = new ClusterWorld(new DispatchOptions(1, TimeSpan.FromMinutes(5)) { Ahead = 2 }, "a", "b");
        var cut = world["a"];
        cut.Provider.Holds = true;
        var ids = Enumerable.Range(0, 3).Select(number => ClusterWorld.IdOf(cut, number)).ToList();
        ids.ForEach(id => world.Accept(cut, ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue());
        world.Run();

        cut.Link.IsCut = true;
        world.AdvanceUntil(() => ids.TrueForAll(id => world.StatusOf(id) == DeliveryStatus.Sent), ClusterWorld.Lease + TimeSpan.FromSeconds(5));
        cut.Provider.Answer(Reports.Accepted);
        world.Advance(TimeSpan.FromSeconds(1));

        cut.SentIds.ShouldBe(ids[..1]);
        world["b"].SentIds.ShouldBe(ids, ignoreOrder: true);
        ids.ForEach(id => world.Attempts(id).ShouldBe([AttemptStatus.Uncertain, AttemptStatus.ProviderAccepted]));
    }

    [Fact]
    public void After_an_outage_of_the_store_that_outlasts_all_leases_nobody_is_declared_lost_and_no_shard_moves()
    {
        using var world = new ClusterWorld("a", "b");
        var epochs = Epochs(world);
        foreach (var name in new[] { "a", "b" })
        {
            world[name].Link.IsCut = true;
        }

        world.Advance(ClusterWorld.Lease * 3);
        world["a"].Link.IsCut = false;
        world.Advance(TimeSpan.FromSeconds(1));
        world["b"].Link.IsCut = false;
        world.Advance(ClusterWorld.Lease);

        Epochs(world).ShouldBe(epochs);
        foreach (var name in new[] { "a", "b" })
        {
            world[name].Events.Said.ShouldNotContain("declared lost a");
            world[name].Events.Said.ShouldNotContain("declared lost b");
            world[name].Events.Said.ShouldContain("renewal recovered");
        }

        world.Accept(world["a"], ClusterWorld.Mail(ClusterWorld.IdOf(world["b"]))).ShouldBeOfType<Accepted>();
    }

    [Fact]
    public void Of_two_processes_with_one_name_the_first_stops_and_does_nothing_more()
    {
        using var world = new ClusterWorld("a", "b");
        var first = world["a"];
        var second = world.Start("a");
        world.AdvanceUntil(() => first.Node.Replaced.IsCompleted, TimeSpan.FromSeconds(2));
        world.UntilEven(second);

        first.Owned.ShouldBe(0);
        first.Events.Said.ShouldContain("replaced");
        second.Node.Replaced.IsCompleted.ShouldBeFalse();
        world.Advance(ClusterWorld.Lease);
        second.Owned.ShouldBe(ClusterWorld.Shards / 2);
    }

    [Fact]
    public void A_note_that_a_delivery_waits_for_a_slot_costs_time_only_when_it_is_lost()
    {
        using var world = new ClusterWorld("a", "b");
        world.Wire.Loses = static note => note is Actors.Cluster.WaitsForSlot;
        for (var number = 0; number < 40; number++)
        {
            world.Commands.Add(("id", $"s{number}"), ("key", $"s{number}"), ("content", ""));
        }

        world.AdvanceUntil(() => Enumerable.Range(0, 40).All(number => world.StatusOf($"s{number}") == DeliveryStatus.Sent), TimeSpan.FromSeconds(6));
        world.Wire.Noted.OfType<Actors.Cluster.WaitsForSlot>().ShouldNotBeEmpty();
        world["a"].SentIds.Concat(world["b"].SentIds).Count().ShouldBe(40);
        world["a"].Provider.Taken.ShouldNotBeEmpty();
        world["b"].Provider.Taken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1100)]
    public void A_pause_holds_on_all_nodes_at_once_and_where_its_note_is_lost_when_the_terms_have_run_out(bool isLost, int milliseconds)
    {
        using var world = new ClusterWorld("a", "b");
        foreach (var name in new[] { "a", "b" })
        {
            var id = ClusterWorld.IdOf(world[name], 1);
            world.Accept(world[name], ClusterWorld.Mail(id));
            world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, TimeSpan.FromSeconds(1));
        }

        world.Wire.Loses = note => isLost && note is Actors.Cluster.TermsOutdated;
        world.Tell(world["a"], "org_default", new PauseOutbound("me", "a test")).ShouldBeOfType<Done>();
        world.Wire.Noted.OfType<Actors.Cluster.TermsOutdated>().ShouldNotBeEmpty();
        world.Advance(TimeSpan.FromMilliseconds(milliseconds));
        foreach (var name in new[] { "a", "b" })
        {
            var id = ClusterWorld.IdOf(world[name], 2);
            world.Accept(world[name], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>();
            world.Advance(TimeSpan.FromSeconds(5));
            world.StatusOf(id).ShouldBe(DeliveryStatus.Queued);
        }

        world.Tell(world["b"], "org_default", new ResumeOutbound("me")).ShouldBeOfType<Done>();
        world.AdvanceUntil(() => world.Deliveries.Rows.All(row => row.State.Status == DeliveryStatus.Sent), TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData("org_all")]
    [InlineData("org_default")]
    public void While_the_node_of_an_orgs_actor_is_dead_and_not_replaced_an_org_without_a_limit_goes_on_on_the_others(string org)
    {
        using var world = new ClusterWorld("a", "b");
        var dead = OwnerOf(world, org);
        var other = dead.Name == "a" ? world["b"] : world["a"];
        world.Accept(other, ClusterWorld.Mail(ClusterWorld.IdOf(other))).ShouldBeOfType<Accepted>();
        world.Advance(TimeSpan.FromSeconds(1));

        world.Kill(dead);
        for (var number = 1; number <= 10; number++)
        {
            var id = ClusterWorld.IdOf(other, number);
            world.Accept(other, ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>();
            world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, TimeSpan.FromMilliseconds(500));
            world.Advance(TimeSpan.FromMilliseconds(500));
        }

        other.Owned.ShouldBe(ClusterWorld.Shards / 2);
    }

    [Fact]
    public void Nodes_that_hear_nothing_of_each_other_go_on_with_orgs_without_a_limit_and_know_of_a_pause_within_its_terms()
    {
        using var world = new ClusterWorld("a", "b");
        world.Advance(TimeSpan.FromSeconds(1));
        world.Wire.IsSilent = true;
        for (var number = 1; number <= 10; number++)
        {
            foreach (var name in new[] { "a", "b" })
            {
                var id = ClusterWorld.IdOf(world[name], number);
                world.Accept(world[name], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>();
                world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, TimeSpan.FromSeconds(1));
            }

            world.Advance(TimeSpan.FromMilliseconds(700));
        }

        world.Tell(OwnerOf(world, "org_default"), "org_default", new PauseOutbound("me", "a test")).ShouldBeOfType<Done>();
        world.Advance(TimeSpan.FromMilliseconds(1100));
        foreach (var name in new[] { "a", "b" })
        {
            var id = ClusterWorld.IdOf(world[name], 100);
            world.Accept(world[name], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>();
            world.Advance(TimeSpan.FromSeconds(5));
            world.StatusOf(id).ShouldBe(DeliveryStatus.Queued);
        }
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void A_limited_orgs_mail_waits_for_its_actor_and_keeps_its_limit_when_that_is_replaced()
    {
        using var world = new ClusterWorld("a", "b");
        var dead = OwnerOf(world, "acme");
        var other = dead.Name == "a" ? world["b"] : world["a"];
        world.Tell(other, "acme", new CreateOrg(new("acme"), "acme", 5, null, 1)).ShouldBeOfType<Done>();
        var calls = new List<Instant>();
        other.Provider.Called = _ => calls.Add(world.Now);
        dead.Provider.Called = _ => calls.Add(world.Now);
        for (var number = 1; number <= 30; number++)
        {
            world.Begin(() => other.Node.Intake.AcceptAsync(ClusterWorld.Mail(ClusterWorld.IdOf(other, number), "acme")));
        }

        world.Advance(TimeSpan.FromSeconds(2));
        world.Kill(dead);
        world.AdvanceUntil(() => world.Deliveries.Rows.All(row => row.State.Status == DeliveryStatus.Sent), ClusterWorld.Lease + TimeSpan.FromSeconds(10));

        calls.Count.ShouldBe(30);
        calls.Zip(calls.Skip(1)).ShouldAllBe(pair => pair.Second - pair.First >= TimeSpan.FromMilliseconds(229));
    }

    /// <summary>Where an org's actor is.</summary>
    private static ClusterMember OwnerOf(ClusterWorld world, string org) =>
        new[] { world["a"], world["b"] }.Single(member => member.Node.EpochOf(StableHash.Shard(org, ClusterWorld.Shards)) != 0);

    private static IEnumerable<long> Epochs(ClusterWorld world) =>
        [.. Enumerable.Range(0, ClusterWorld.Shards).SelectMany(shard => new[] { world["a"].Node.EpochOf(shard), world["b"].Node.EpochOf(shard) })];
}
