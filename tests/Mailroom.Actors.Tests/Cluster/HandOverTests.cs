using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Cluster;

/// <summary>Shards that go from one node to another while both live.</summary>
public sealed class HandOverTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void An_attempt_that_ends_after_its_shard_was_given_away_is_recorded_by_the_new_owner_and_is_nobodys_to_repeat()
    {
        using var world = new ClusterWorld("a", "b");
        world["a"].Provider.Holds = true;
        var id = ClusterWorld.IdOf(world["a"]);
        world.Accept(world["a"], ClusterWorld.Mail(id)).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
        world.Run();

        HandOver(world, world["a"]);
        world["b"].Owned.ShouldBe(ClusterWorld.Shards);
        world.Advance(TimeSpan.FromSeconds(10));
        world.StatusOf(id).ShouldBe(DeliveryStatus.Sending);
        world["a"].Provider.Answer(Reports.Accepted);

        world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, Moment);
        world.Attempts(id).ShouldBe([AttemptStatus.ProviderAccepted]);
        world["b"].Provider.Taken.ShouldBeEmpty();
    }

    [Fact]
    public void While_shards_move_nobody_waits_for_long_and_nobody_is_refused()
    {
        using var world = new ClusterWorld("a", "b");
        var asked = new List<(Task<object> Answer, Instant At)>();
        var handing = world.Begin(async () =>
        {
            await world["a"].Node.HandOverAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            return true;
        });
        for (var round = 0; round < 20; round++)
        {
            foreach (var at in new[] { world["a"], world["b"] })
            {
                foreach (var id in Enumerable.Range(0, ClusterWorld.Shards).Select(n => $"r{round}_{at.Name}_{n}"))
                {
                    asked.Add((world.Begin(() => at.Node.Intake.AcceptAsync(ClusterWorld.Mail(id))), world.Now));
                }
            }

            world.Advance(TimeSpan.FromMilliseconds(1));
        }

        world.AdvanceUntil(() => handing.IsCompleted, Moment);
        world.AdvanceUntil(() => asked.TrueForAll(each => each.Answer.IsCompleted), Moment);
        foreach (var each in asked)
        {
            world.Time.Result(each.Answer).ShouldBeOfType<Accepted>();
        }

        world["a"].Owned.ShouldBe(0);
    }

    [Fact]
    public void A_shard_that_has_no_owner_for_a_while_is_waited_for_within_the_deadline()
    {
        using var world = new ClusterWorld("a", "b");
        var id = ClusterWorld.IdOf(world["b"]);
        world.Kill(world["b"]);
        var asking = world.Begin(() => world["a"].Node.Intake.AcceptAsync(ClusterWorld.Mail(id)));
        world.Advance(TimeSpan.FromSeconds(3));
        asking.IsCompleted.ShouldBeFalse();

        // It comes back under its name, so nobody waits for its lease.
        world.Start("b");
        world.Time.Result(asking, TimeSpan.FromSeconds(2)).ShouldBeOfType<Accepted>();
    }

    [Fact]
    public void A_write_in_flight_is_durable_before_its_shard_is_given_away()
    {
        using var world = new ClusterWorld("a", "b");
        var id = ClusterWorld.IdOf(world["a"]);
        world.Store.Faults.Hold();
        var accepting = world.Begin(() => world["a"].Node.Intake.AcceptAsync(ClusterWorld.Mail(id)));
        world.Run();
        var handing = world.Begin(async () =>
        {
            await world["a"].Node.HandOverAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            return true;
        });
        world.Advance(TimeSpan.FromMilliseconds(200));
        handing.IsCompleted.ShouldBeFalse();

        world.Store.Faults.Release();
        world.Time.Result(handing, Moment).ShouldBeTrue();
        world.Time.Result(accepting, Moment).ShouldBeOfType<Accepted>();
        world.AdvanceUntil(() => world.StatusOf(id) == DeliveryStatus.Sent, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void The_last_node_gives_nothing_away_and_does_not_wait()
    {
        using var world = new ClusterWorld("a");
        HandOver(world, world["a"], TimeSpan.Zero);
        world["a"].Owned.ShouldBe(ClusterWorld.Shards);
        world.Accept(world["a"], ClusterWorld.Mail("m")).ShouldBeOfType<Accepted>();
    }

    [Fact]
    public void A_stream_has_one_reader_which_moves_with_its_shard_and_reads_each_entry_once()
    {
        using var world = new ClusterWorld("a", "b");
        var reader = Reader(world);
        var other = reader.Name == "a" ? world["b"] : world["a"];
        Send(world, 0, 10);
        world.AdvanceUntil(() => IsSent(world, 0, 10), TimeSpan.FromSeconds(5));

        HandOver(world, reader);
        reader.Node.ConsumerOf(ClusterWorld.Stream).ShouldBeNull();
        other.Node.ConsumerOf(ClusterWorld.Stream).ShouldNotBeNull();
        Send(world, 10, 10);
        world.AdvanceUntil(() => IsSent(world, 10, 10), TimeSpan.FromSeconds(5));

        world.Kill(other);
        Send(world, 20, 10);
        world.Start(other.Name);
        world.AdvanceUntil(() => IsSent(world, 20, 10), TimeSpan.FromSeconds(10));

        world.Streams.Malformed.ShouldBeEmpty();
        world.Deliveries.Rows.Count.ShouldBe(30);
        new[] { reader, other, world[other.Name] }.Distinct().SelectMany(node => node.SentIds).ShouldBeUnique();
    }

    private static void HandOver(ClusterWorld world, ClusterMember member, TimeSpan? within = null) => world.Result(
        async () =>
        {
            await member.Node.HandOverAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            return true;
        },
        within ?? Moment).ShouldBeTrue();

    private static ClusterMember Reader(ClusterWorld world) =>
        new[] { world["a"], world["b"] }.Single(member => member.Node.ConsumerOf(ClusterWorld.Stream) is not null);

    private static void Send(ClusterWorld world, int first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            world.Commands.Add(("id", $"s{number}"), ("key", $"s{number}"), ("content", ""));
        }
    }

    private static bool IsSent(ClusterWorld world, int first, int count) =>
        Enumerable.Range(first, count).All(number => world.StatusOf($"s{number}") == DeliveryStatus.Sent);
}
