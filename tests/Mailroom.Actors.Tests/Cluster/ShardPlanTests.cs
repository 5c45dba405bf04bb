using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Cluster;

public sealed class ShardPlanTests
{
    [Fact]
    public void A_node_alone_takes_what_is_free() =>
        ShardPlan.Moves(View([1], [0, 0, 0, 0])).ShouldBe([new(0, 0, 5, 1), new(1, 0, 5, 1), new(2, 0, 5, 1), new(3, 0, 5, 1)]);

    [Fact]
    public void A_node_that_joins_gets_its_share_and_nothing_else_moves() =>
        ShardPlan.Moves(View([1, 2, 3], [1, 1, 1, 2, 2, 2])).ShouldBe([new(5, 2, 5, 3), new(2, 1, 5, 3)]);

    [Fact]
    public void What_a_lost_node_had_goes_to_all_others() =>
        ShardPlan.Moves(View([1, 3], [1, 2, 2, 2, 2, 3])).CountBy(move => move.To).ShouldBe([new(1, 2), new(3, 2)], ignoreOrder: true);

    [Fact]
    public void A_node_that_stops_gives_all_and_takes_none()
    {
        ShardPlan.Moves(View([1, 2], [1, 1, 2, 0], stopping: [2])).ShouldBe([new(3, 0, 5, 1), new(2, 2, 5, 1)]);
        ShardPlan.Moves(View([2], [2, 2, 0, 0], stopping: [2])).ShouldBeEmpty();
    }

    [Fact]
    public void Any_view_is_even_after_one_plan_with_as_few_moves_as_can_be_and_every_node_plans_the_same() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte[] Owners, byte Members, byte Stopping)>(), drawn =>
        {
            var members = Enumerable.Range(1, 1 + (drawn.Members % 6)).Select(n => (long)n).ToArray();
            var stopping = members.Where(member => (drawn.Stopping & (1 << (int)member)) != 0 && member > 1).ToArray();
            var view = View(members, [.. drawn.Owners.Select(owner => (long)(owner % 8))], stopping);
            var takers = members.Except(stopping).ToArray();

            var moves = ShardPlan.Moves(view);

            foreach (var self in members)
            {
                ShardPlan.Moves(view with { Self = self }).ShouldBe(moves);
            }

            var owners = view.Shards.Select(shard => shard.Owner).ToArray();
            foreach (var move in moves)
            {
                (move.From, move.Epoch).ShouldBe((view.Shards[move.Shard].Owner, view.Shards[move.Shard].Epoch));
                owners[move.Shard] = move.To;
            }

            moves.Select(move => move.Shard).ShouldBeUnique();
            var held = takers.Select(taker => owners.Count(owner => owner == taker)).ToArray();
            (held.Max() - held.Min()).ShouldBeLessThanOrEqualTo(1);
            held.Sum().ShouldBe(owners.Length);

            // Nobody both gives and takes, and only what has no owner or is beyond a share moves.
            moves.Select(move => move.From).Intersect(moves.Select(move => move.To)).ShouldBeEmpty();
            ShardPlan.Moves(view with { Shards = [.. owners.Select(owner => new ShardHold(owner, 6))] }).ShouldBeEmpty();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(80));

    private static ClusterView View(long[] members, long[] owners, long[]? stopping = null) => new(
        members[0],
        [.. members.Select(member => new Member(member, $"node{member}", "http://x", stopping?.Contains(member) == true, Instant.Epoch, TimeSpan.FromSeconds(10)))],
        [.. owners.Select(owner => new ShardHold(owner, 5))],
        Instant.Epoch);
}
