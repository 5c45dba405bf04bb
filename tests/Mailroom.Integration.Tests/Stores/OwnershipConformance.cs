using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Data;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresOwnershipTests : OwnershipConformance
{
    private readonly PostgresUnderTest _database = new();
    private IMailroomStore? _store;

    protected override IOwnership Ownership => _store!.Ownership;

    public override async Task InitializeAsync()
    {
        await _database.CreateAsync();
        _store = _database.Open();
        await _store.Admin.MigrateUpAsync(CancellationToken.None);
    }

    public override async Task DisposeAsync()
    {
        await _store!.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task What_left_more_than_seven_days_ago_and_owns_nothing_is_forgotten_at_the_next_join()
    {
        var first = await Join("a");
        var second = await Join("b");
        await Ownership.LeaveAsync(first.Self, CancellationToken.None);
        await Ownership.LeaveAsync(second.Self, CancellationToken.None);
        await _database.ExecuteAsync("UPDATE nodes SET left_at = now() - interval '6 days 23 hours'");
        await Join("c");
        (await _database.QueryAsync("SELECT node FROM nodes ORDER BY node")).ShouldBe(["a", "b", "c"]);

        await _database.ExecuteAsync("UPDATE nodes SET left_at = now() - interval '7 days 1 hour' WHERE node IN ('a', 'b')");
        await Join("d");

        // All shards were made for a, and nobody has taken them yet.
        (await _database.QueryAsync("SELECT node FROM nodes ORDER BY node")).ShouldBe(["a", "c", "d"]);
    }
}

public sealed class MemoryOwnershipTests : OwnershipConformance
{
    private readonly MemoryStore _store = new(new ManualScheduler()) { IsShared = true };

    protected override IOwnership Ownership => _store;

    public override Task InitializeAsync() => Task.CompletedTask;

    public override Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>Members, leases and owners, as every store that several nodes share keeps them.</summary>
public abstract class OwnershipConformance : IAsyncLifetime
{
    private const int Shards = 4;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    /// <summary>A lease that has run out when it is given.</summary>
    private static readonly TimeSpan Over = TimeSpan.Zero;

    protected abstract IOwnership Ownership { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task The_first_node_owns_all_shards_and_the_next_one_none_until_they_are_moved()
    {
        var first = await Join("a");
        var second = await Join("b");

        first.Shards.ShouldAllBe(hold => hold.Owner == first.Self && hold.Epoch > 0);
        second.Self.ShouldBeGreaterThan(first.Self);
        second.Shards.ShouldBe(first.Shards);
        second.Members.Select(member => (member.Incarnation, member.Name, member.Address, member.IsStopping))
            .ShouldBe([(first.Self, "a", "http://a", false), (second.Self, "b", "http://b", false)]);
        second.Members.ShouldAllBe(member => member.LeaseLeft > Long / 2 && member.LeaseLeft <= Long);
        second.Me!.Name.ShouldBe("b");
    }

    [Fact]
    public async Task A_store_keeps_the_number_of_shards_it_was_made_with()
    {
        await Join("a");
        var refused = await Should.ThrowAsync<ShardCountException>(async () => await Ownership.JoinAsync(Card("b"), Long, Shards * 2, CancellationToken.None));
        refused.Message.ShouldContain("MAILROOM_SHARDS");
        (await View()).Members.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_node_of_the_same_name_takes_the_place_of_the_one_before_it_whatever_its_lease()
    {
        var first = await Join("a");
        var other = await Join("b");
        var again = await Join("a");

        again.Self.ShouldBeGreaterThan(other.Self);
        again.Members.Select(member => member.Incarnation).ShouldBe([other.Self, again.Self]);
        again.Shards.ShouldBe(first.Shards);
        (await Renew(first)).Me.ShouldBeNull();
        (await Renew(other)).Me.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_node_alone_takes_the_place_of_another_one_alone_and_all_shards_under_new_epochs()
    {
        var first = await JoinAlone("a");
        var second = await JoinAlone("b");

        second.Members.Select(member => member.Incarnation).ShouldBe([second.Self]);
        second.Shards.ShouldAllBe(hold => hold.Owner == second.Self);
        second.Shards.Zip(first.Shards).ShouldAllBe(pair => pair.First.Epoch > pair.Second.Epoch);
    }

    [Fact]
    public async Task A_node_alone_does_not_join_a_cluster_that_lives_and_takes_over_from_one_that_is_dead()
    {
        var member = await Join("a");
        var refused = await Should.ThrowAsync<JoinRefusedException>(async () => await JoinAlone("b"));
        refused.Message.ShouldContain("node a is a member");
        (await Renew(member)).Members.Select(each => each.Name).ShouldBe(["a"]);

        await Renew(member, lease: Over);
        var alone = await JoinAlone("b");
        alone.Members.Select(each => each.Name).ShouldBe(["b"]);
        alone.Shards.ShouldAllBe(hold => hold.Owner == alone.Self);
    }

    [Fact]
    public async Task A_node_of_a_cluster_does_not_join_one_that_is_alone_and_takes_over_from_one_that_is_dead()
    {
        var alone = await JoinAlone("a");
        var refused = await Should.ThrowAsync<JoinRefusedException>(async () => await Join("b"));
        refused.Message.ShouldContain("belongs to one node alone (a");
        (await Renew(alone)).Members.Select(each => each.Name).ShouldBe(["a"]);

        await Renew(alone, lease: Over);
        (await Join("b")).Members.Select(each => each.Name).ShouldBe(["b"]);
    }

    [Fact]
    public async Task A_renewal_extends_the_lease_says_whether_the_node_stops_and_shows_the_view()
    {
        var first = await Join("a", lease: Over);
        var second = await Join("b");
        second.Find(first.Self)!.LeaseLeft.ShouldBeLessThanOrEqualTo(TimeSpan.Zero);

        var renewed = await Renew(first, isStopping: true);
        renewed.Self.ShouldBe(first.Self);
        renewed.Me!.IsStopping.ShouldBeTrue();
        renewed.Me.LeaseLeft.ShouldBeGreaterThan(Long / 2);
        renewed.Members.Select(member => member.Incarnation).ShouldBe([first.Self, second.Self]);
        renewed.Shards.ShouldBe(first.Shards);
        (renewed.Now >= first.Now).ShouldBeTrue();

        (await Renew(first)).Me!.IsStopping.ShouldBeFalse();
    }

    [Fact]
    public async Task Only_a_node_whose_lease_has_run_out_can_be_declared_lost_and_its_renewal_then_shows_a_view_without_it()
    {
        var first = await Join("a");
        var second = await Join("b");

        await Ownership.DeclareLostAsync([first.Self], CancellationToken.None);
        (await Renew(first)).Me.ShouldNotBeNull();

        await Renew(first, lease: Over);
        await Ownership.DeclareLostAsync([first.Self], CancellationToken.None);
        var gone = await Renew(first);
        gone.Me.ShouldBeNull();
        gone.Members.Select(member => member.Incarnation).ShouldBe([second.Self]);

        // What it owned still names it, which is how everybody sees that it is free; and it is no member by having renewed.
        gone.Shards.ShouldBe(first.Shards);
        (await View()).Members.Select(member => member.Incarnation).ShouldBe([second.Self]);
    }

    [Fact]
    public async Task A_member_gives_its_own_shards_under_new_epochs()
    {
        var first = await Join("a");
        var second = await Join("b");

        (await Move(first.Self, Given(first, 1, second.Self), Given(first, 3, second.Self))).ShouldBe(2);

        var view = await View();
        view.Shards.Select(hold => hold.Owner).ShouldBe([first.Self, second.Self, first.Self, second.Self]);
        view.Shards[1].Epoch.ShouldBeGreaterThan(first.Shards[1].Epoch);
        view.Shards[0].ShouldBe(first.Shards[0]);
    }

    [Fact]
    public async Task A_shard_is_moved_only_from_the_owner_and_epoch_that_the_mover_saw()
    {
        var first = await Join("a");
        var second = await Join("b");
        var third = await Join("c");
        await Move(first.Self, Given(first, 0, second.Self));

        (await Move(first.Self, Given(first, 0, third.Self))).ShouldBe(0);
        (await Move(second.Self, new ShardMove(0, second.Self, first.Shards[0].Epoch, third.Self))).ShouldBe(0);
        (await Move(first.Self, Given(first, 0, third.Self), Given(first, 1, third.Self))).ShouldBe(1);

        (await View()).Shards.Select(hold => hold.Owner).ShouldBe([second.Self, third.Self, first.Self, first.Self]);
    }

    [Fact]
    public async Task Nobody_moves_the_shards_of_another_member_not_even_when_its_lease_has_run_out_before_it_is_declared_lost()
    {
        var first = await Join("a");
        var second = await Join("b");
        await Renew(first, lease: Over);

        (await Move(second.Self, Given(first, 0, second.Self))).ShouldBe(0);
        await Ownership.DeclareLostAsync([first.Self], CancellationToken.None);
        (await Move(second.Self, Given(first, 0, second.Self))).ShouldBe(1);
    }

    [Fact]
    public async Task A_shard_goes_to_nobody_who_is_no_member()
    {
        var first = await Join("a");
        var second = await Join("b");
        await Ownership.LeaveAsync(second.Self, CancellationToken.None);

        (await Move(first.Self, Given(first, 0, second.Self), Given(first, 1, 4711))).ShouldBe(0);
        (await View()).Shards.ShouldBe(first.Shards);
    }

    [Fact]
    public async Task Who_leaves_is_no_member_any_more_and_what_it_owned_is_free_for_others()
    {
        var first = await Join("a");
        var second = await Join("b");
        await Ownership.LeaveAsync(first.Self, CancellationToken.None);

        (await View()).Members.Select(member => member.Incarnation).ShouldBe([second.Self]);
        (await Renew(first)).Me.ShouldBeNull();
        (await Move(second.Self, [.. Enumerable.Range(0, Shards).Select(shard => Given(first, shard, second.Self))])).ShouldBe(Shards);
    }

    [Fact]
    public async Task Of_nodes_that_move_the_same_free_shards_at_once_each_shard_has_one_winner()
    {
        var gone = await Join("gone");
        var first = await Join("a");
        var second = await Join("b");
        await Ownership.LeaveAsync(gone.Self, CancellationToken.None);

        var moved = await Task.WhenAll(new[] { first.Self, second.Self, first.Self, second.Self }.Select(
            taker => Task.Run(async () => await Move(taker, [.. Enumerable.Range(0, Shards).Select(shard => Given(gone, shard, taker))]))));

        moved.Sum().ShouldBe(Shards);
        (await View()).Shards.ShouldAllBe(hold => hold.Epoch == gone.Shards[0].Epoch + 1);
    }

    [Fact]
    public async Task Whoever_is_no_member_sees_the_view_too()
    {
        var first = await Join("a");
        var view = await View();
        (view.Self, view.Me).ShouldBe((0, null));
        view.Members.Select(member => member.Incarnation).ShouldBe([first.Self]);
        view.Shards.ShouldBe(first.Shards);
        (view.Now >= first.Now && first.Now > Instant.Epoch).ShouldBeTrue();
    }

    protected ValueTask<ClusterView> Join(string name, TimeSpan? lease = null) => Ownership.JoinAsync(Card(name), lease ?? Long, Shards, CancellationToken.None);

    private static NodeCard Card(string name) => new(name, "http://" + name);

    private static ShardMove Given(ClusterView seen, int shard, long to) => new(shard, seen.Shards[shard].Owner, seen.Shards[shard].Epoch, to);

    private ValueTask<ClusterView> JoinAlone(string name) => Ownership.JoinAsync(new(name, ""), Long, Shards, CancellationToken.None);

    private ValueTask<ClusterView> Renew(ClusterView member, bool isStopping = false, TimeSpan? lease = null) =>
        Ownership.RenewAsync(member.Self, isStopping, lease ?? Long, CancellationToken.None);

    private ValueTask<ClusterView> View() => Ownership.ViewAsync(CancellationToken.None);

    private ValueTask<int> Move(long by, params ShardMove[] moves) => Ownership.MoveAsync(by, moves, CancellationToken.None);
}
